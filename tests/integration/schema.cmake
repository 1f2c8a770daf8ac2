# Schema and assessment on two real servers.
add_executable(schema_integration_test ${CMAKE_CURRENT_LIST_DIR}/schema_test.cc)
target_link_libraries(schema_integration_test PRIVATE flyover_schema GTest::gmock GTest::gtest_main)
add_executable(assess_integration_test ${CMAKE_CURRENT_LIST_DIR}/assess_test.cc)
target_link_libraries(assess_integration_test PRIVATE flyover_assess GTest::gmock GTest::gtest_main)
foreach(test schema assess)
  target_include_directories(${test}_integration_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${test}_integration_test PRIVATE
    FLYOVER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endforeach()
