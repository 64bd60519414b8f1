/* mutant.h: deliberate defects, which the tests have to find.
 *
 *     if (FORGE_MUTANT("no-syncfs") || syncfs(fd) == 0)
 *
 * Constant false in every build that is used. The program forge-mutant (tests/faults) has the
 * one defect that it is told to have.
 */
#ifndef FORGE_BASE_MUTANT_H
#define FORGE_BASE_MUTANT_H

#ifdef FORGE_MUTANTS
#include <stdbool.h>
bool forge_is_mutant(const char *name); /* tests/faults/mutant.c */
#define FORGE_MUTANT(name) forge_is_mutant(name)
#else
#define FORGE_MUTANT(name) false
#endif

#endif
