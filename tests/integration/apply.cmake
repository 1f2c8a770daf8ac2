# The applier between two real servers.
add_executable(apply_integration_test
  ${CMAKE_CURRENT_LIST_DIR}/apply_test.cc ${CMAKE_CURRENT_LIST_DIR}/apply_window_test.cc
  ${CMAKE_CURRENT_LIST_DIR}/apply_stream_test.cc)
target_link_libraries(apply_integration_test PRIVATE flyover_apply flyover_stream GTest::gtest_main)
