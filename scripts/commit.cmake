# Write OUT, a C file that says which commit the tree SOURCE is of: its hash, with "-dirty" where
# files differ from it, or "unknown" outside a clone. OUT is left alone when it says so already.
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND git -C ${SOURCE} rev-parse --show-toplevel
  OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
set(commit unknown)
if(NOT failed AND top STREQUAL SOURCE) # and not a clone that only happens to be around us
  execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed OR NOT commit MATCHES "^[0-9a-f]+(-dirty)?$")
    set(commit unknown)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT
"#include \"catalog/environment.h\"

const char *forge_commit(void)
{
    return \"@commit@\";
}
")
