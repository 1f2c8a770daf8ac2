# One static library per folder of src/, its unit tests beside its code.
#
#   flyover_module(binlog DEPS base mysql LIBS zstd)
#
# builds src/binlog/*.cc as flyover_binlog and src/binlog/*_test.cc as binlog_test. The test binary
# links the module and its declared dependencies only, so an undeclared call fails to link. The
# declaration is also written to modules.txt, which scripts/check_layers.py compares with the
# includes.
set(FLYOVER_MODULES_FILE ${CMAKE_BINARY_DIR}/modules.txt)
file(WRITE ${FLYOVER_MODULES_FILE} "")
# Builds every module's test binary and nothing else; for the sanitizers.
add_custom_target(unit_tests)

function(flyover_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc ${dir}/checks/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${dir}/*_test.cc)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  string(REPLACE ";" " " deps "${ARG_DEPS}")
  file(APPEND ${FLYOVER_MODULES_FILE} "${name}: ${deps}\n")
  list(TRANSFORM ARG_DEPS PREPEND flyover_)

  if(sources)
    add_library(flyover_${name} STATIC ${sources})
    target_link_libraries(flyover_${name} PUBLIC ${ARG_DEPS} ${ARG_LIBS} flyover_options)
  else()
    add_library(flyover_${name} INTERFACE)
    target_link_libraries(flyover_${name} INTERFACE ${ARG_DEPS} ${ARG_LIBS} flyover_options)
  endif()
  if(tests AND BUILD_TESTING)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE flyover_${name} GTest::gmock GTest::gtest_main rapidcheck)
    add_dependencies(unit_tests ${name}_test)
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
endfunction()
