/*
 * tree: folders of the coordinator's own, removed whole.
 */
#ifndef LOOP_TREE_H
#define LOOP_TREE_H

/* tree_remove: the folder and all below it, without following links; what is not there is fine. */
void tree_remove(const char *path);

#endif
