# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# EmbedFiles: a script that makes a source of files, each as a constant named
# after it: kIndexHtml of index.html. HEADER declares them.
#
#   cmake -DOUTPUT=SOURCE -DHEADER=HEADER -DFOLDER=FOLDER -P EmbedFiles.cmake
#         NAME...

set(source "// Made by EmbedFiles.cmake.\n\n#include \"${HEADER}\"\n")
# What comes before the first NAME is this script.
set(is_name OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(index RANGE ${last})
  set(name "${CMAKE_ARGV${index}}")
  if(is_name)
    set(constant k)
    string(REGEX MATCHALL "[A-Za-z0-9]+" words "${name}")
    foreach(word IN LISTS words)
      string(SUBSTRING "${word}" 0 1 first)
      string(SUBSTRING "${word}" 1 -1 rest)
      string(TOUPPER "${first}" first)
      string(APPEND constant "${first}${rest}")
    endforeach()
    file(READ "${FOLDER}/${name}" text)
    string(APPEND source "\nconst std::string_view ${constant} = "
                         "R\"embedded(${text})embedded\";\n")
  elseif(name STREQUAL CMAKE_SCRIPT_MODE_FILE)
    set(is_name ON)
  endif()
endforeach()
file(WRITE "${OUTPUT}" "${source}")
