/* list.h: every command, one line each, in the order of `forge help`. */
COMMAND(check)
COMMAND(plan)
COMMAND(bake)
COMMAND(list)
COMMAND(show)
COMMAND(schema)
COMMAND(help)
COMMAND(version)
