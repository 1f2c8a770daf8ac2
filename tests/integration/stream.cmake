# The binlog stream against real servers. The addresses come from the environment, which the
# fixture that tests/support/sandbox.py starts provides.
add_executable(stream_integration_test ${CMAKE_SOURCE_DIR}/tests/integration/stream_test.cc)
target_include_directories(stream_integration_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_compile_definitions(stream_integration_test PRIVATE
  FLYOVER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(stream_integration_test PRIVATE flyover_stream GTest::gtest_main)
