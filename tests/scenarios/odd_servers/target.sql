SET GLOBAL autocommit = 0;
SET GLOBAL sql_select_limit = 5;
SET GLOBAL sql_notes = 0;
SET GLOBAL sql_quote_show_create = 0;
SET GLOBAL sql_auto_is_null = 1;
SET GLOBAL sql_safe_updates = 1;
SET GLOBAL max_execution_time = 1;
SET GLOBAL group_concat_max_len = 4;
