/* machine.h: what this machine, or the cgroup around the process, has. */
#ifndef FORGE_RUN_MACHINE_H
#define FORGE_RUN_MACHINE_H

#include <stdint.h>

/* Half of the memory that the machine or the tightest cgroup limit allows. */
uint64_t forge_machine_memory(void);

/* Processors that this process may run on; at least 1. */
unsigned forge_machine_processors(void);

#endif
