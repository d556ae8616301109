/* What a system needs before it starts. Each returns false with the failure set. */
#ifndef SCENARIO_WORKSPACE_H
#define SCENARIO_WORKSPACE_H

#include "runner.h"

/* The repository of the scenario FILE: the nearest folder upwards with a parley.yaml, whose build
 * counts; without one the current folder. */
void workspace_find(world *w, const char *file);
/* A temporary folder with a parley.yaml and links to the repository's services and proto. */
bool workspace_make(world *w, context *c, const pl_yaml_node *root);
/* Removes it (unless it is to be kept), ends the proxies, gives the ports back. */
void workspace_remove(world *w);
/* Takes a range of ports that no other runner has. */
bool ports_lock(world *w, context *c, const pl_yaml_node *root);
/* $(port.SERVICE) for each service of the system's file, and $(port.gateway). */
bool ports_set(world *w, context *c, const pl_yaml_node *root);
/* A proxy for each NAME: SERVICE; $(proxy.NAME) is where it listens. */
bool proxies_start(world *w, context *c, const pl_yaml_node *proxies);

#endif
