/*
 * What a training program in C does to be a good guest of tidemill, in one small file. Everything
 * is optional: where tidemill set no variable, nothing happens and the program is an ordinary one.
 *   TIDEMILL_REPORT           lines of JSON are appended to this file
 *   TIDEMILL_CHECKPOINT_DIR   what is put here comes back to the next attempt
 *   TIDEMILL_RESUME           1: there is something to resume from
 *   TIDEMILL_NOTICE           a file of this name appears when the program must leave
 */
#ifndef DIGITS_GUEST_H
#define DIGITS_GUEST_H

#include <stdbool.h>

/* guest_open: reads the environment and catches SIGTERM, which follows the notice. */
void guest_open(void);

/* guest_report: prints `epoch N val_error=... val_loss=...` and reports the same. */
void guest_report(int epoch, double val_error, double val_loss);

/* guest_checkpointed: says that the checkpoint directory holds everything up to `epoch`. */
void guest_checkpointed(int epoch);

/* guest_infeasible: says that these hyperparameters cannot be trained with, and why (one
 * word). */
void guest_infeasible(const char *reason);

/* guest_final: says that the last report was the last. */
void guest_final(void);

/* guest_must_leave: true once a notice or SIGTERM has come. */
bool guest_must_leave(void);

/* guest_checkpoint_path: the file to keep the checkpoint in, NULL if none is wanted; valid until
 * the program ends. */
const char *guest_checkpoint_path(void);

/* guest_resuming: whether the checkpoint is to be read first. */
bool guest_resuming(void);

#endif
