# elanus_pytest(name FILES a.py b.py VENV .venv-2.6 LABELS long TIMEOUT 600)
#   One ctest that runs pytest over FILES (default: this folder) with the environment VENV (default
#   .venv), and in the long form NAME_release. The tests find the server to run in ELANUS_BINARY: that of
#   this build, and the one that is shipped.
# elanus_script_test(name COMMAND python_file args...)
#   One ctest that runs a script of the standard library alone.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(elanus_pytest name)
  cmake_parse_arguments(T "" "VENV;TIMEOUT" "FILES;LABELS" ${ARGN})
  if(NOT T_VENV)
    set(T_VENV .venv)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 600)
  endif()
  if(NOT T_FILES)
    set(T_FILES .)
  endif()
  foreach(form "" _release)
    add_test(NAME ${name}${form}
             COMMAND ${PROJECT_SOURCE_DIR}/${T_VENV}/bin/python -m pytest -q -rs -p no:cacheprovider ${T_FILES}
             WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    set(labels compat ${T_LABELS})
    set(binary $<TARGET_FILE:elanus>)
    if(form)
      list(APPEND labels long)
      set(binary ${PROJECT_SOURCE_DIR}/build/release/elanus)
    endif()
    set_tests_properties(${name}${form} PROPERTIES LABELS "${labels}" TIMEOUT ${T_TIMEOUT}
                         ENVIRONMENT "ELANUS_BINARY=${binary};PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endfunction()

function(elanus_script_test name)
  cmake_parse_arguments(T "" "" "COMMAND" ${ARGN})
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} ${T_COMMAND}
           WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS house TIMEOUT 120)
endfunction()
