/*
 * parts: the sections of a configuration, each read by one function out of its node.
 */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "config/config.h"
#include "spec/reader.h"

/* part_pools: the mapping of names to pools; `folder` is where relative price files lie. */
void part_pools(struct reader *reader, const struct node *node, const char *folder,
                struct config *config);

/* part_price: a pool's `price`, in the currency that the reader notes. */
void part_price(struct reader *reader, const struct node *node, const char *folder,
                struct config_price *price);

/* part_path: where the path `file` (NULL is passed on) leads, as written in a file of `folder`. */
const char *part_path(struct reader *reader, const char *file, const char *folder);

#endif
