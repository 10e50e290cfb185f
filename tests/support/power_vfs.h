/*
 * power_vfs: a disk in memory whose power can be cut. What was written and not yet synced is then
 * kept, torn at 512 bytes, or lost, each with one chance in three, whatever came after it; a file
 * deleted without syncing its folder may come back, one never synced may be gone. With a lying disk
 * a sync does nothing, and a test that looks for lost commits must find them.
 *
 * One process, one thread; several connections may share the disk.
 */
#ifndef TESTS_POWER_VFS_H
#define TESTS_POWER_VFS_H

#include <stdbool.h>
#include <stdint.h>

struct power_disk;

/* power_disk_new: an empty disk as the VFS `name`; the same seed loses the same bytes. NULL when
 * memory runs out. power_disk_free: after every connection to it is closed. */
struct power_disk *power_disk_new(const char *name, uint64_t seed);
void power_disk_free(struct power_disk *disk);

/* power_disk_cut_after: the power goes at the n-th write, truncation, sync or deletion from now on;
 * 0 never. From then on every call fails. */
void power_disk_cut_after(struct power_disk *disk, int64_t operations);

/* power_disk_is_off: whether it has gone. */
bool power_disk_is_off(const struct power_disk *disk);

/* power_disk_restore: the power is back, with what survived. Connections from before are dead; they
 * must be closed before this is called. */
void power_disk_restore(struct power_disk *disk);

/* power_disk_lie: from now on a sync says it is done and does nothing. */
void power_disk_lie(struct power_disk *disk);

/* power_disk_hold: while it is held every call fails, and nothing is lost: a program that uses it
 * was killed, and its connections are closed meanwhile. */
void power_disk_hold(struct power_disk *disk, bool held);

/* power_disk_fill: while it is full a write that would make a file longer fails. */
void power_disk_fill(struct power_disk *disk, bool full);

/* power_disk_break_after: the n-th write, truncation, sync or deletion from now on fails, and only
 * that one. */
void power_disk_break_after(struct power_disk *disk, int64_t operations);

#endif
