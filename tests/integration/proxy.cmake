# The endpoint between two real servers.
add_executable(proxy_main ${CMAKE_CURRENT_LIST_DIR}/proxy_main.cc)
target_link_libraries(proxy_main PRIVATE flyover_proxy)
add_executable(proxy_driver ${CMAKE_CURRENT_LIST_DIR}/proxy_driver.cc)
target_link_libraries(proxy_driver PRIVATE flyover_options PkgConfig::mariadb)
add_test(NAME integration.proxy
         COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/proxy_test.py
                 $<TARGET_FILE:proxy_main> $<TARGET_FILE:proxy_driver>)
set_tests_properties(integration.proxy PROPERTIES TIMEOUT 600 LABELS integration)
