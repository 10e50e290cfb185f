/*
 * verbs: every verb's function; the table in main.c gives them their names.
 */
#ifndef COMMANDS_VERBS_H
#define COMMANDS_VERBS_H

int command_best(int argc, char **argv);
int command_cancel(int argc, char **argv);
int command_check(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_drain(int argc, char **argv);
int command_export(int argc, char **argv);
int command_keygen(int argc, char **argv);
int command_kick(int argc, char **argv);
int command_logs(int argc, char **argv);
int command_pause(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_run(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_show(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_status(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_submit(int argc, char **argv);
int command_trials(int argc, char **argv);
int command_wait(int argc, char **argv);
int command_watch(int argc, char **argv);
int command_why(int argc, char **argv);
int command_workers(int argc, char **argv);

#endif
