/* program.h: an expression over whole variables, for the files of this folder.
 *
 * A program goes over the space of all dimensions of its operands, piece by
 * piece (tiles, of bounded size), and in a piece batch by batch. A lane is a
 * part of the expression with room for one batch of values. All values are
 * doubles: numbers; 0 and 1 for bools; microseconds for durations and times
 * (exact within 285 years of 1970, else to 16 microseconds); NaN where missing.
 */
#ifndef FORGE_EXPRESSION_PROGRAM_H
#define FORGE_EXPRESSION_PROGRAM_H

#include "array/reader.h"
#include "expression/functions.h"
#include "time/units.h"

#define FORGE_BATCH 1024

/* What programs work on; one for all programs of an expression. */
struct forge_material {
    const struct forge_dataset *dataset;
    struct forge_reader *reader;
    struct forge_arena *arena; /* of programs, lanes and operands */
    uint64_t piece_bytes;      /* of all operands of a program together */
};

/* What the values of a lane or an operand are. */
struct forge_meaning {
    enum forge_scalar_kind kind; /* FLOAT, FLAG, TIME, DURATION; MISSING fits all of them */
    enum forge_calendar calendar;
    bool single; /* exactly the numbers that a float32 can be */
};

/* A variable, or what a reduction left. */
struct forge_operand {
    struct forge_operand *next;
    const char *name;
    const struct forge_variable *variable; /* NULL: a reduction */
    const struct forge_array *array;       /* of decoded doubles; NULL: `block` has all */
    struct forge_meaning meaning;
    struct forge_time_units units; /* of a variable whose kind is TIME */
    unsigned rank;
    unsigned axes[FORGE_RANK_MAX]; /* the program's dimension of each of its own */
    uint64_t shape[FORGE_RANK_MAX];
    struct forge_block block; /* the doubles of the region that is held */
    struct forge_region held;
    bool holds;
};

enum forge_lane_kind {
    FORGE_LANE_CONSTANT,
    FORGE_LANE_OPERAND,
    FORGE_LANE_OPERATOR,
    FORGE_LANE_MONTHS, /* parts[0] moved by `duration` */
    FORGE_LANE_NUMBER,
    FORGE_LANE_FIELD,
    FORGE_LANE_YEAR_END,
    FORGE_LANE_IF,
    FORGE_LANE_IS_MISSING,
};

struct forge_lane {
    enum forge_lane_kind kind;
    struct forge_meaning meaning;
    double constant;
    struct forge_duration duration; /* a CONSTANT in months, or by how much to move */
    const struct forge_operand *operand;
    const struct forge_expression *tree;
    struct forge_lane *parts[FORGE_ARGUMENTS_MAX];
    size_t count;
    struct forge_lane *next; /* of the program */
    double *values;          /* FORGE_BATCH of them */
};

struct forge_program {
    const struct forge_material *material;
    unsigned rank;
    const char *dims[FORGE_RANK_MAX];
    uint64_t shape[FORGE_RANK_MAX];
    struct forge_operand *operands; /* owned blocks; the largest variable first */
    struct forge_lane *lanes, *root;
    size_t lanes_count;
    struct forge_block values; /* of all lanes */
};

/* Some consecutive elements of a piece, in C order. */
struct forge_batch {
    const struct forge_program *program;
    const struct forge_region *tile;
    uint64_t first; /* element of the tile */
    size_t count;
};

/* {0} is closed. Reductions inside are worked out while it opens. */
FORGE_MUST_CHECK bool forge_program_open(struct forge_program *program,
                                         const struct forge_expression *tree,
                                         enum forge_calendar calendar,
                                         const struct forge_material *material,
                                         struct forge_error *err);
void forge_program_close(struct forge_program *program);

/* See all values of the root; *more = false ends it. */
typedef bool forge_batch_visit(void *context, const struct forge_batch *batch,
                               const double *values, bool *more, struct forge_error *err);
FORGE_MUST_CHECK bool forge_program_run(struct forge_program *program, forge_batch_visit *visit,
                                        void *context, struct forge_error *err);

/* Add an operand for a variable (once), or for a reduction's result with these dimensions. */
FORGE_MUST_CHECK bool forge_program_variable(struct forge_operand **out,
                                             struct forge_program *program,
                                             const struct forge_variable *variable,
                                             struct forge_error *err);
FORGE_MUST_CHECK bool forge_program_result(struct forge_operand **out,
                                           struct forge_program *program, unsigned rank,
                                           const char *const *dims, const uint64_t *shape,
                                           struct forge_error *err);

/* Rows of a batch: where elements lie in memory with these strides by program dimension. */
struct forge_walk {
    const struct forge_batch *batch;
    uint64_t index[FORGE_RANK_MAX]; /* in the tile */
    size_t done;                    /* elements behind us */
};
void forge_walk_open(struct forge_walk *walk, const struct forge_batch *batch);
/* The next row: its length (0: none), and the offset of its first element. */
size_t forge_walk_next(uint64_t *offset, struct forge_walk *walk, const uint64_t *stride);

/* Strides by program dimension, in elements, of an operand's values, and the offset of the
 * tile's first element. */
void forge_operand_strides(uint64_t *stride, uint64_t *origin,
                           const struct forge_operand *operand,
                           const struct forge_program *program,
                           const struct forge_region *tile);

/* Build the lane of a tree, and check its types. */
FORGE_MUST_CHECK bool forge_lane_build(struct forge_lane **out, struct forge_program *program,
                                       const struct forge_expression *tree,
                                       enum forge_calendar calendar, struct forge_error *err);
/* A lane without parts. */
struct forge_lane *forge_lane_new(struct forge_program *program, enum forge_lane_kind kind,
                                  const struct forge_expression *tree);

/* The values of a lane in a batch. */
const double *forge_lane_values(const struct forge_lane *lane, const struct forge_batch *batch);

/* Work out a reduction: a constant, or an operand with the dimensions that are left. */
FORGE_MUST_CHECK bool forge_reduction_build(struct forge_lane **out,
                                            struct forge_program *program,
                                            const struct forge_expression *call,
                                            enum forge_calendar calendar,
                                            struct forge_error *err);

#endif
