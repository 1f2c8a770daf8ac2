# Chunks, load and verify against the servers the environment names (SOURCE_*, TARGET_*, also
# TARGET_ROOT_*). They change global variables of the target: not two programs on one pair.
foreach(name chunk load verify)
  add_executable(${name}_integration_test ${CMAKE_CURRENT_LIST_DIR}/${name}_test.cc)
  target_link_libraries(${name}_integration_test
    PRIVATE flyover_load flyover_verify GTest::gtest GTest::gtest_main)
endforeach()
