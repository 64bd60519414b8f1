/* evaluate.h: single values, for the files of this folder. */
#ifndef FORGE_EXPRESSION_EVALUATE_H
#define FORGE_EXPRESSION_EVALUATE_H

#include "expression/tree.h"

/* As forge_expression_scalar; dates that are written without a calendar are of `calendar`. */
FORGE_MUST_CHECK bool forge_evaluate(struct forge_scalar *out,
                                     const struct forge_expression *tree,
                                     enum forge_calendar calendar,
                                     const struct forge_scope *scope, struct forge_arena *arena,
                                     struct forge_error *err);

/* One operator on values that are not missing; `b` is not looked at by `not` and the minus
 * sign. `and` and `or` are not among them. */
FORGE_MUST_CHECK bool forge_operate(struct forge_scalar *out, enum forge_operator operation,
                                    const struct forge_scalar *a, const struct forge_scalar *b,
                                    struct forge_arena *arena, struct forge_error *err);

/* "cannot add a time and a string". */
bool forge_operator_fail(struct forge_error *err, enum forge_operator operation,
                         enum forge_scalar_kind a, enum forge_scalar_kind b);

/* Floor division and modulo as in Python: the remainder has the sign of the divisor. */
double forge_floor_quotient(double a, double b);
double forge_floor_remainder(double a, double b);

#endif
