/*
 * watch: follows one experiment of a store on stdout: a block that is drawn again in place where
 * stdout is a terminal, a line for every event elsewhere.
 */
#ifndef COMMANDS_WATCH_H
#define COMMANDS_WATCH_H

#include "commands/options.h"

struct watch;

struct watch_options {
    const struct options *words; /* --store, --color, --json; borrowed until watch_close */
    int64_t experiment;
    bool keyboard; /* read keys, and signals through watch_wait; see commands/terminal.h */
    bool history;  /* off a terminal: the events of before, too */
};

/* watch_open: the caller ends it with watch_close. As store_reader_open; TIDE_NO_MEMORY. */
enum tide_status watch_open(const struct watch_options *options, struct watch **watch,
                            struct error *error) __attribute__((warn_unused_result));

/*
 * watch_turn: shows what is new. To be called when something has happened and about twice a second;
 * it draws at most ten times a second, and costs microseconds when nothing has changed. TIDE_IO
 * when the store cannot be read any more.
 */
enum tide_status watch_turn(struct watch *watch, struct error *error)
    __attribute__((warn_unused_result));

/* watch_ended: whether the experiment had ended at the last turn. */
bool watch_ended(const struct watch *watch);

/* watch_results: the last frame or events, how it went, its five best trials, and on stderr what to
 * ask next. */
void watch_results(struct watch *watch);

/* watch_found: whether there is a best trial. */
bool watch_found(struct watch *watch);

/* watch_close: gives the terminal back. NULL is fine. */
void watch_close(struct watch *watch);

#endif
