// The pure parts of schema: patterns, texts, DDL and diff.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/ddl.h"
#include "schema/diff.h"
#include "schema/diff_normal.h"
#include "schema/introspect.h"
#include "schema/introspect_detail.h"
#include "schema/partition_bounds.h"
#include "schema/program_text.h"
#include "schema/selection.h"
#include "schema/sql_text.h"

namespace flyover::schema {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Glob, MatchesLikeAShell) {
  EXPECT_TRUE(glob_match("shop.*", "shop.orders"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("a*b*c", "axxbxxbc"));
  EXPECT_FALSE(glob_match("a*b*c", "axxbxxbd"));
  EXPECT_TRUE(glob_match("t?_[0-9a]", "tx_a"));
  EXPECT_FALSE(glob_match("t?_[!0-9]", "tx_5"));
  EXPECT_TRUE(glob_match("[]]", "]"));
  EXPECT_TRUE(glob_match("a\\*", "a*"));
  EXPECT_FALSE(glob_match("a\\*", "ab"));
  EXPECT_TRUE(glob_match("a[", "a["));
  EXPECT_FALSE(glob_match("", "a"));
}

TEST(Selection, DefaultIsEveryUserSchema) {
  const Selection all;
  EXPECT_TRUE(all.selects({"shop", "orders"}));
  for (const char* schema : {"mysql", "sys", "information_schema", "performance_schema", "flyover",
                             "flyover_assess_x"}) {
    EXPECT_FALSE(all.selects({schema, "t"})) << schema;
    EXPECT_FALSE(all.selects_schema(schema)) << schema;
  }
}

TEST(Selection, IncludesAndExcludes) {
  const Selection some{.include = {"shop.*", "crm"}, .exclude = {"shop.tmp_*", "crm.old"}};
  EXPECT_TRUE(some.selects({"shop", "orders"}));
  EXPECT_FALSE(some.selects({"shop", "tmp_1"}));
  EXPECT_TRUE(some.selects({"crm", "people"}));
  EXPECT_FALSE(some.selects({"crm", "old"}));
  EXPECT_FALSE(some.selects({"other", "t"}));
  EXPECT_TRUE(some.selects_schema("shop"));
  EXPECT_FALSE(some.selects_schema("other"));
  const Selection dots{.include = {"we ird.db.*"}};
  EXPECT_TRUE(dots.selects_schema("we ird.db"));
  EXPECT_FALSE((Selection{.exclude = {"a.b.*"}}.selects_schema("a.b")));
  EXPECT_TRUE((Selection{.exclude = {"a.c.t"}}.selects_schema("a.c")));
  const Selection without{.include = {}, .exclude = {"shop.*"}};
  EXPECT_FALSE(without.selects_schema("shop"));
  EXPECT_FALSE((Selection{.include = {"mysql.*"}, .exclude = {}}.selects({"mysql", "user"})));
}

TEST(Tokens, AreTheWholeText) {
  const std::string sql = "SELECT `a``b`.\"x\" -- c\n, 'it''s \\' /*' # /* y */ /* z */ _utf8'é'";
  std::string joined;
  for (const Token& token : tokenize(sql)) joined += token.text;
  EXPECT_EQ(joined, sql);
  EXPECT_EQ(tokenize("'open").size(), 1u);
  EXPECT_EQ(tokenize("'open\\").size(), 1u);
  EXPECT_EQ(token_name(tokenize("`a``b`")[0]), "a`b");
  EXPECT_EQ(tokenize("\"x\"", true)[0].kind, TokenKind::quoted_name);
}

TEST(Names, AreThoseOfNewServers) {
  EXPECT_EQ(modern_charset("utf8"), "utf8mb3");
  EXPECT_EQ(modern_charset("utf8mb4"), "utf8mb4");
  EXPECT_EQ(modern_collation("utf8_general_ci"), "utf8mb3_general_ci");
  EXPECT_EQ(modern_collation("utf8mb4_bin"), "utf8mb4_bin");
  EXPECT_EQ(quote_account("a@b@%"), "`a@b`@`%`");
}

TEST(Members, AreUnescaped) {
  const std::vector<std::string> expected = {"a", "b'c", "d,e", "x\\y", ""};
  EXPECT_EQ(parse_members("enum('a','b''c','d,e','x\\\\y','')"), expected);
  EXPECT_TRUE(parse_members("varchar(10)").empty());
}

TEST(ViewText, NamesAreKeptWhateverTheWords) {
  const auto keeps = [](const std::string& source, const std::string& target) {
    return keeps_names({.name = {"s", "v"}, .definition = source},
                       {.name = {"z", "v"}, .definition = target});
  };
  EXPECT_TRUE(keeps("select isnull(`s`.`t`.`a`) AS `x` from `s`.`t` order by 1",
                    "select (`z`.`t`.`a` is null) AS `x` from `z`.`t` order by `x`"));
  EXPECT_FALSE(keeps("select group_concat(distinct `t`.`n` order by `t`.`n`,`t`.`id`) from `t`",
                     "select group_concat(distinct `t`.`n` order by `t`.`id`,`t`.`id`) from `t`"));
}

TEST(ViewText, IsMergedFromBothSources) {
  EXPECT_EQ(detail::select_of_view("CREATE ALGORITHM=MERGE DEFINER=`a`@`%` SQL SECURITY INVOKER "
                                   "VIEW `s`.`as` (`a b`) AS select 1 AS `x` WITH LOCAL CHECK "
                                   "OPTION"),
            "select 1 AS `x`");
  EXPECT_EQ(detail::merge_view_definitions("select concat(`v`,'') AS `x`",
                                           "select concat(`v`,'é') AS `x`"),
            "select concat(`v`,'é') AS `x`");
  EXPECT_EQ(detail::merge_view_definitions("select '😀é' AS `x`,_latin1'abc' AS `y`",
                                           "select '?é' AS `x`,'abc' AS `y`"),
            "select '😀é' AS `x`,_latin1'abc' AS `y`");
}

TEST(Expression, IsReadAsTheServerParsesIt) {
  EXPECT_EQ(detail::read_expression("concat(_utf8mb4\\'it\\\\\\'s\\',`a`)"),
            "concat(_utf8mb4'it\\'s',`a`)");
  // As 9.7 shows 'é😀', a name outside of ASCII, and bytes of other character sets.
  EXPECT_EQ(detail::read_expression("concat(_utf8mb4\\'\u00c3\u00a9\u00f0\u009f\u0098\u0080\\')"),
            "concat(_utf8mb4 0xc3a9f09f9880)");
  EXPECT_EQ(detail::read_expression("`\u00c3\u00bc` + length(_latin1\\'\u00e9\\')"),
            "`ü` + length(_latin1 0xe9)");
  EXPECT_EQ(detail::read_expression("_sjis\\'\u0095\\\\\\\\\\'"), "_sjis 0x955c");
  EXPECT_EQ(detail::read_expression("_binary\\'\\\\0\u00ff\\\\n\\\\Z\\'"), "_binary 0x00ff0a1a");
  // A server that shows characters as characters.
  EXPECT_EQ(detail::read_expression("concat(_utf8mb4\\'é\\')"), "concat(_utf8mb4'é')");
  EXPECT_EQ(detail::read_expression("concat(_utf8mb4\\'日\\')"), "concat(_utf8mb4'日')");
  EXPECT_EQ(detail::read_expression("concat(\\'é\\')"), "concat('é')");
}

TEST(ShownTable, GivesDetails) {
  const std::string sql =
      "CREATE TABLE `t` (\n  `b` binary(4) NOT NULL DEFAULT 'a\\0b\\0',\n  `v` varchar(9) DEFAULT "
      "'DEFAULT',\n  `x` varbinary(4) DEFAULT _binary 0x00ff,\n  FULLTEXT KEY `f t` (`v`) /*!50100 "
      "WITH PARSER `ngram` */ \n) ENGINE=InnoDB COMMENT='PARTITION BY'\n/*!50100 PARTITION BY KEY "
      "*/ /*!50611 ALGORITHM = 1 */ /*!50100 (b)\nPARTITIONS 3 */";
  EXPECT_EQ(detail::partition_clause_of(sql), "PARTITION BY KEY ALGORITHM = 1 (b)\nPARTITIONS 3");
  EXPECT_EQ(detail::fulltext_parsers_of(sql).at("f t"), "ngram");
  const auto defaults = detail::binary_defaults_of(sql);
  EXPECT_EQ(defaults.at("b"), std::string("a\0b\0", 4));
  EXPECT_EQ(detail::partition_clause_of("CREATE TABLE `t` (\n  `a` int\n) COMMENT='x'"), "");
}

Column column(const std::string& name, const std::string& type, bool nullable = true) {
  Column out;
  out.name = name;
  out.data_type = type.substr(0, type.find_first_of("( "));
  out.column_type = type;
  out.kind = value_kind(out.data_type);
  out.nullable = nullable;
  out.members = parse_members(type);
  return out;
}

TEST(PartitionBounds, OutsideOfAsciiBelongToTheSession) {
  Table table;
  table.columns = {column("k", "varchar(9)"), column("n", "int")};
  table.columns[0].charset = "latin1";
  const auto bounds = [&](const std::string& clause) {
    table.partition_clause = clause;
    return has_bounds_of_the_session(table);
  };
  const std::string odd = "('\xc3\x90') ENGINE = InnoDB)";
  EXPECT_TRUE(bounds("PARTITION BY RANGE  COLUMNS(k)\n(PARTITION a VALUES LESS THAN " + odd));
  EXPECT_TRUE(bounds("PARTITION BY LIST COLUMNS(`K`,n)\n(PARTITION a VALUES IN " + odd));
  EXPECT_FALSE(
      bounds("PARTITION BY RANGE  COLUMNS(n)\n(PARTITION `\xc3\x90` VALUES LESS THAN (3))"));
  EXPECT_FALSE(
      bounds("PARTITION BY RANGE COLUMNS(k)\n(PARTITION `\xc3\x90` VALUES LESS THAN ('a') "
             "COMMENT = '\xc3\x90')"));
  table.columns[0].charset = "utf8mb4";
  EXPECT_FALSE(bounds("PARTITION BY RANGE  COLUMNS(k)\n(PARTITION a VALUES LESS THAN " + odd));
}

Column text_column(const std::string& name, const std::string& type) {
  Column out = column(name, type);
  out.charset = "utf8";
  out.collation = "utf8_general_ci";
  return out;
}

Table example() {
  Table table;
  table.name = {"shop", "orders"};
  table.engine = "MyISAM";
  table.charset = "utf8";
  table.collation = "utf8_general_ci";
  table.row_format = "FIXED";
  table.create_options = "row_format=FIXED pack_keys=1 stats_persistent=1 partitioned";
  table.auto_increment = 7;
  table.columns = {column("id", "int(10) unsigned", false), text_column("name", "varchar(20)"),
                   column("y", "year(2)"), column("ts", "timestamp", false),
                   column("b", "binary(2)")};
  table.columns[0].auto_increment = true;
  table.columns[1].default_value = "it's";
  table.columns[3].default_value = "CURRENT_TIMESTAMP";
  table.columns[3].default_is_expression = true;
  table.columns[3].on_update = "CURRENT_TIMESTAMP";
  table.columns[4].default_value = std::string("a\0", 2);
  table.indexes = {{.name = "PRIMARY", .kind = IndexKind::primary, .parts = {{.column = "id"}}},
                   {.name = "n", .parts = {{.column = "name", .prefix = 5}}, .comment = "c"},
                   {.name = "f", .kind = IndexKind::fulltext, .parts = {{.column = "name"}}},
                   {.name = "g", .kind = IndexKind::fulltext, .parts = {{.column = "name"}}}};
  table.foreign_keys = {{.name = "fk",
                         .columns = {"id"},
                         .parent = {"shop", "parent"},
                         .parent_columns = {"id"},
                         .on_delete = "CASCADE",
                         .on_update = "RESTRICT"}};
  table.partition_clause =
      "PARTITION BY HASH (id)\n(PARTITION p0 DATA DIRECTORY = '/x' ENGINE = MyISAM)";
  return table;
}

TEST(CreateTable, IsExplicit) {
  const std::string sql = create_table_sql(example());
  EXPECT_THAT(sql, HasSubstr("CREATE TABLE `shop`.`orders` ("));
  EXPECT_THAT(sql, HasSubstr("`id` int(10) unsigned NOT NULL AUTO_INCREMENT"));
  EXPECT_THAT(sql, HasSubstr("`name` varchar(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci "
                             "NULL DEFAULT 'it\\'s'"));
  EXPECT_THAT(sql, HasSubstr("`y` year NULL DEFAULT NULL"));
  EXPECT_THAT(sql, HasSubstr("`ts` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE "
                             "CURRENT_TIMESTAMP"));
  EXPECT_THAT(sql, HasSubstr("`b` binary(2) NULL DEFAULT 0x6100"));
  EXPECT_THAT(sql, HasSubstr("KEY `n` (`name`(5)) COMMENT 'c'"));
  EXPECT_THAT(sql, HasSubstr("FOREIGN KEY (`id`) REFERENCES `shop`.`parent` (`id`) ON DELETE "
                             "CASCADE ON UPDATE RESTRICT"));
  EXPECT_THAT(sql, HasSubstr("ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb3 COLLATE "
                             "utf8mb3_general_ci ROW_FORMAT=DYNAMIC STATS_PERSISTENT=1 "
                             "AUTO_INCREMENT=7"));
  EXPECT_THAT(sql, Not(HasSubstr("PACK_KEYS")));
  EXPECT_THAT(sql, Not(HasSubstr("DIRECTORY")));
  EXPECT_THAT(sql, HasSubstr("ENGINE = InnoDB)"));
}

TEST(CreateTable, LeavesOutWhatComesLater) {
  DdlOptions options;
  options.without_secondary_indexes = options.without_foreign_keys = true;
  options.with_auto_increment = false;
  options.names.renamed = {{"shop", "scratch"}};
  const std::string sql = create_table_sql(example(), options);
  EXPECT_THAT(sql, HasSubstr("CREATE TABLE `scratch`.`orders`"));
  EXPECT_THAT(sql, HasSubstr("PRIMARY KEY"));
  EXPECT_THAT(sql, Not(HasSubstr("KEY `n`")));
  EXPECT_THAT(sql, Not(HasSubstr("FOREIGN")));
  EXPECT_THAT(sql, Not(HasSubstr("AUTO_INCREMENT=7")));
  const std::vector<std::string> later = {
      "ALTER TABLE `shop`.`orders` ADD KEY `n` (`name`(5)) COMMENT 'c'",
      "ALTER TABLE `shop`.`orders` ADD FULLTEXT KEY `f` (`name`)",
      "ALTER TABLE `shop`.`orders` ADD FULLTEXT KEY `g` (`name`)"};
  EXPECT_EQ(add_indexes_sql(example()), later);
  EXPECT_THAT(add_foreign_keys_sql(example(), options.names),
              HasSubstr("REFERENCES `scratch`.`parent`"));
}

TEST(CreateTable, QuotesTheNamesInAPartitionClause) {
  Table table = example();
  table.columns[0].name = "rank";
  table.partition_clause =
      "PARTITION BY RANGE (abs(rank))\nSUBPARTITION BY KEY /*!50611 ALGORITHM = 1 */ (rank)\n"
      "(PARTITION cube VALUES LESS THAN (5) ENGINE = InnoDB)";
  EXPECT_THAT(create_table_sql(table, {}),
              HasSubstr("RANGE (abs(`rank`))\nSUBPARTITION BY KEY /*!50611 ALGORITHM = 1 */ "
                        "(`rank`)\n(PARTITION `cube` VALUES LESS THAN (5) ENGINE = InnoDB)"));
}

TEST(CreateTable, KeepsTheKeyOfAutoIncrementFromTheStart) {
  Table table = example();
  table.indexes = {{.name = "other", .parts = {{.column = "name"}}},
                   {.name = "auto", .parts = {{.column = "id"}, {.column = "name"}}},
                   {.name = "again", .parts = {{.column = "id"}}}};
  EXPECT_FALSE(needed_from_the_start(table, table.indexes[0]));
  EXPECT_TRUE(needed_from_the_start(table, table.indexes[1]));
  EXPECT_FALSE(needed_from_the_start(table, table.indexes[2]));
  const Table copy = table;
  EXPECT_TRUE(needed_from_the_start(table, copy.indexes[1]));
}

Dialect modern() {
  return {.version = {9, 7, 0},
          .sql_modes = {"ANSI_QUOTES", "STRICT_ALL_TABLES"},
          .disable_on_replica = true,
          .restricts_standard_keys = true};
}

TEST(Programs, KeepTheirBodies) {
  Program program;
  program.kind = ProgramKind::trigger;
  program.name = {"shop", "t r"};
  program.table = "orders";
  program.definer = "`app`@`%`";
  program.client_charset = "utf8";
  program.connection_collation = "utf8_general_ci";
  program.sql_mode = "ANSI_QUOTES,NO_AUTO_CREATE_USER";
  program.create_sql =
      "CREATE DEFINER=\"app\"@\"%\" TRIGGER shop.\"t r\" AFTER  INSERT ON shop.orders\nFOR EACH "
      "ROW "
      "SET @x = 'shop.orders'";
  EXPECT_EQ(
      create_program_sql(program, modern(), {.renamed = {{"shop", "scratch"}}, .objects = {}}),
      "CREATE DEFINER=`app`@`%` TRIGGER `scratch`.`t r` AFTER  INSERT ON `scratch`.`orders` "
      "FOR EACH ROW SET @x = 'shop.orders'");
  const ProgramSession session = program_session(program, modern());
  EXPECT_EQ(session.sql_mode, "ANSI_QUOTES");
  EXPECT_EQ(session.removed_modes, std::vector<std::string>{"NO_AUTO_CREATE_USER"});
  EXPECT_THAT(set_session_sql(session), HasSubstr("character_set_client = utf8mb3"));
}

TEST(Programs, ParametersWithoutACharacterSet) {
  Program routine;
  routine.name = {"shop", "p"};
  routine.create_sql =
      "CREATE DEFINER=`app`@`%` PROCEDURE `p`(IN a VARCHAR(9), out `in` ENUM('charset', ','), b "
      "CHAR(3) CHARSET latin1, c TEXT COLLATE utf8_bin, d DECIMAL(5,2) /* , e CHAR */, f CHAR(3) "
      "BINARY)\nBEGIN DECLARE g CHAR; END";
  EXPECT_EQ(plain_parameters(routine), (std::vector<std::string>{"a", "in", "d"}));
  routine.create_sql = "CREATE DEFINER=`app`@`%` PROCEDURE `p`()\nSELECT (1), CHAR(2)";
  EXPECT_TRUE(plain_parameters(routine).empty());
}

TEST(Programs, CommentsOfSessionsWithoutBackslashEscapes) {
  Program program;
  program.kind = ProgramKind::event;
  program.name = {"shop", "e"};
  program.definer = "`app`@`%`";
  program.client_charset = "utf8mb4";
  program.sql_mode = "NO_BACKSLASH_ESCAPES";
  program.create_sql =
      "CREATE DEFINER=`app`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY ENABLE COMMENT 'it\\'s \\\\ "
      "\\n' DO SELECT 'C:\\\\'";
  EXPECT_THAT(create_program_sql(program, modern()),
              EndsWith("COMMENT 'it''s \\ \n' DO SELECT 'C:\\\\'"));
  program.kind = ProgramKind::procedure;
  program.create_sql =
      "CREATE DEFINER=`app`@`%` PROCEDURE `e`(a ENUM('b\\\\'))\n    NO SQL\n    COMMENT 'c\\\\'\n"
      "SELECT 1 COMMENT, 'd\\\\'";
  EXPECT_THAT(create_program_sql(program, modern()),
              EndsWith("(a ENUM('b\\\\'))\n    NO SQL\n    COMMENT 'c\\'\nSELECT 1 COMMENT, "
                       "'d\\\\'"));
  program.sql_mode = "";
  EXPECT_THAT(create_program_sql(program, modern()),
              EndsWith("\n    COMMENT 'c\\\\'\nSELECT 1 COMMENT, 'd\\\\'"));
}

TEST(Programs, NamesAreWrittenInTheCharacterSetOfTheBody) {
  const FromUtf8 from_utf8 = [](const std::string& utf8) { return "<" + utf8 + ">"; };
  Program program;
  program.kind = ProgramKind::procedure;
  program.name = {"shop", "é"};
  program.definer = "`app`@`%`";
  program.client_charset = "gbk";
  // The second byte of the member is a backslash.
  program.create_sql =
      "CREATE DEFINER=`app`@`%` PROCEDURE `é`(a ENUM('\x81\\'))\n    COMMENT 'ž'\nSELECT "
      "'\xb1\xed'";
  EXPECT_EQ(create_program_sql(program, modern(), {}, from_utf8),
            "<CREATE DEFINER=`app`@`%` PROCEDURE `shop`.`é`>(a ENUM('\x81\\'))<\n    COMMENT "
            "'ž'>\nSELECT '\xb1\xed'");
  program.kind = ProgramKind::event;
  program.sql_mode = "HIGH_NOT_PRECEDENCE";
  program.create_sql =
      "CREATE DEFINER=`app`@`%` EVENT `é` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE "
      "DISABLE DO SELECT '\xb1\xed'";
  EXPECT_EQ(create_program_sql(program, modern(), {}, from_utf8),
            "<CREATE DEFINER=`app`@`%` EVENT `shop`.`é` ON SCHEDULE EVERY 1 DAY DISABLE ON "
            "REPLICA> DO SELECT '\xb1\xed'");
  EXPECT_EQ(alter_event_sql(program, true, modern(), from_utf8),
            "<ALTER DEFINER=`app`@`%` EVENT `shop`.`é` ENABLE>");
}

TEST(Programs, EventsAreCreatedAsleep) {
  Program event;
  event.kind = ProgramKind::event;
  event.name = {"shop", "e"};
  event.definer = "`app`@`%`";
  event.client_charset = "utf8mb4";
  event.create_sql =
      "CREATE DEFINER=`app`@`%` EVENT `e` ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON "
      "COMPLETION PRESERVE ENABLE COMMENT 'ENABLE' DO SELECT 'ENABLE'";
  EXPECT_EQ(create_program_sql(event, modern()),
            "CREATE DEFINER=`app`@`%` EVENT `shop`.`e` ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 "
            "00:00:00' ON COMPLETION PRESERVE DISABLE ON REPLICA COMMENT 'ENABLE' DO SELECT "
            "'ENABLE'");
  EXPECT_EQ(alter_event_sql(event, true, modern()),
            "ALTER DEFINER=`app`@`%` EVENT `shop`.`e` "
            "ENABLE");
  event.create_sql = "CREATE EVENT nonsense";
  EXPECT_THROW(create_program_sql(event, modern()), base::ErrorException);
}

TEST(Views, RenameOnlyTables) {
  View view;
  view.name = {"shop", "v"};
  view.definer = "`app`@`%`";
  view.algorithm = "UNDEFINED";
  view.security = "DEFINER";
  view.check_option = "CASCADED";
  view.columns = {"a", "b"};
  view.definition =
      "select `shop`.`t`.`id` AS `a`,`shop`.`f`(1) AS `b` from (`shop`.`t` join "
      "`shop`.`x` `shop`) where `shop`.`id` = 'shop'";
  const SchemaNames names{.renamed = {{"shop", "z"}}, .objects = {{"shop", "t"}, {"shop", "x"}}};
  EXPECT_EQ(create_view_sql(view, names),
            "CREATE OR REPLACE ALGORITHM=UNDEFINED DEFINER=`app`@`%` SQL SECURITY DEFINER VIEW "
            "`z`.`v` (`a`, "
            "`b`) AS select `z`.`t`.`id` AS `a`,`z`.`f`(1) AS `b` from (`z`.`t` join `z`.`x` "
            "`shop`) where `shop`.`id` = 'shop' WITH CASCADED CHECK OPTION");
}

std::string differences(const Table& a, const Table& b, const DiffOptions& options = {}) {
  std::string text;
  for (const Difference& difference : diff_table(a, b, options)) {
    text += difference.to_string() + "\n";
  }
  return text;
}

TEST(Diff, LeavesOutWhatVersionsMake) {
  const Table source = example();
  Table target = example();
  target.engine = "InnoDB";
  target.charset = "utf8mb3";
  target.collation = "utf8mb3_general_ci";
  target.create_options = "row_format=DYNAMIC stats_persistent=1 partitioned";
  target.row_format = "DYNAMIC";
  target.columns[0].column_type = "int unsigned";
  target.columns[1].charset = "utf8mb3";
  target.columns[1].collation = "utf8mb3_general_ci";
  target.columns[2].column_type = "year";
  target.foreign_keys[0].on_update = "NO ACTION";
  target.partition_clause = "PARTITION BY HASH (`id`)\n(PARTITION p0 ENGINE = InnoDB)";
  target.auto_increment = 9;
  EXPECT_EQ(differences(source, target), "");
  target.auto_increment = 6;
  EXPECT_THAT(differences(source, target), HasSubstr("auto_increment: source '7', target '6'"));
  EXPECT_EQ(differences(source, target, {.before_cutover = false, .auto_increment = false}), "");
}

TEST(Diff, PartitionExpressionsAsEitherServerPrintsThem) {
  const auto same = [](std::string source, std::string target) {
    return detail::normal_partitions(source) == detail::normal_partitions(target);
  };
  EXPECT_TRUE(same("PARTITION BY HASH (a*2+b)", "PARTITION BY HASH (((`a` * 2) + `b`))"));
  EXPECT_TRUE(same("PARTITION BY LIST (a mod 3)", "PARTITION BY LIST ((`a` % 3))"));
  EXPECT_TRUE(same("PARTITION BY HASH (mod(a,3))", "PARTITION BY HASH ((`a` % 3))"));
  EXPECT_TRUE(same("PARTITION BY HASH (day(d))", "PARTITION BY HASH (dayofmonth(`d`))"));
  EXPECT_TRUE(same("PARTITION BY RANGE (-a)", "PARTITION BY RANGE (-(`a`))"));
  EXPECT_FALSE(same("PARTITION BY HASH (a*2)", "PARTITION BY HASH ((`a` * 3))"));
  const char* const kMeaning = "PARTITION BY HASH (a * (b + c))";
  EXPECT_TRUE(same(kMeaning, "PARTITION BY HASH ((`a` * (`b` + `c`)))"));
  EXPECT_FALSE(same(kMeaning, "PARTITION BY HASH (((`a` * `b`) + `c`))"));
  EXPECT_FALSE(same("PARTITION BY HASH (a - (b - c))", "PARTITION BY HASH (((`a` - `b`) - `c`))"));
  EXPECT_TRUE(same("PARTITION BY HASH (a - b - c)", "PARTITION BY HASH (((`a` - `b`) - `c`))"));
  EXPECT_TRUE(same("PARTITION BY HASH (a + b DIV 2 MOD 7)",
                   "PARTITION BY HASH ((`a` + ((`b` DIV 2) % 7)))"));
  EXPECT_FALSE(same("PARTITION BY HASH (-(a + b))", "PARTITION BY HASH ((-(`a`) + `b`))"));
  EXPECT_FALSE(
      same("PARTITION BY HASH (ABS(a) - MONTH(d))", "PARTITION BY HASH (abs((`a` - month(`d`))))"));
  EXPECT_FALSE(same("PARTITION BY LIST COLUMNS(a,b) (PARTITION p VALUES IN ((1,2),(3,4)))",
                    "PARTITION BY LIST COLUMNS(a,b) (PARTITION p VALUES IN ((1,2,3,4)))"));
}

TEST(Diff, SeesEverythingElse) {
  Table source = example();
  source.engine = "InnoDB";
  const std::vector<std::pair<void (*)(Table&), std::string>> changes = {
      {[](Table& t) { t.engine = "MyISAM"; }, "engine"},
      {[](Table& t) { t.comment = "x"; }, "comment"},
      {[](Table& t) { t.columns[0].column_type = "int(10)"; }, "column id: type"},
      {[](Table& t) { t.columns[1].nullable = false; }, "column name: nullable"},
      {[](Table& t) { t.columns[1].default_value.reset(); }, "column name: default"},
      {[](Table& t) { t.columns[1].default_value = "its"; }, "column name: default"},
      {[](Table& t) { t.columns[3].on_update = ""; }, "column ts: on update"},
      {[](Table& t) { std::swap(t.columns[1], t.columns[2]); }, "column order"},
      {[](Table& t) { t.columns.pop_back(); }, "column b: missing on the target"},
      {[](Table& t) { t.indexes[1].parts[0].prefix = 6; }, "index n"},
      {[](Table& t) { t.indexes[1].kind = IndexKind::unique; }, "index n"},
      {[](Table& t) { t.indexes.pop_back(); }, "index g: missing on the target"},
      {[](Table& t) { t.foreign_keys[0].on_delete = "RESTRICT"; }, "foreign key fk"},
      {[](Table& t) {
         t.partition_clause += " ";
         t.partition_clause[18] = 'K';
       },
       "partitions"}};
  for (const auto& [change, expected] : changes) {
    Table target = source;
    change(target);
    EXPECT_THAT(differences(source, target), HasSubstr(expected));
  }
}

TEST(Diff, OldServersReadDescendingAndBuildAscendingIndexes) {
  const Table source = example();
  Table target = example();
  target.engine = "InnoDB";
  target.indexes[1].parts[0].descending = true;
  EXPECT_THAT(differences(source, target), HasSubstr("index n"));
  EXPECT_EQ(differences(source, target, {.descending_on_source = false}), "");
  target.indexes[1].parts[0].prefix = 6;
  EXPECT_THAT(differences(source, target, {.descending_on_source = false}), HasSubstr("index n"));
}

TEST(Diff, KnowsWhatComesWithTheCutover) {
  Catalog source;
  Program trigger;
  trigger.kind = ProgramKind::trigger;
  trigger.name = {"shop", "t"};
  trigger.create_sql = "CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1";
  Program event;
  event.kind = ProgramKind::event;
  event.name = {"shop", "e"};
  event.create_sql = "CREATE EVENT e ON SCHEDULE EVERY 1 DAY ENABLE DO SELECT 1";
  source.programs = {trigger, event};
  Catalog target;
  event.enabled = false;
  event.create_sql = "CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO SELECT 1";
  target.programs = {event};
  EXPECT_TRUE(diff(source, target, {.before_cutover = true}).empty());
  EXPECT_EQ(diff(source, target).size(), 2u);
  target.programs.push_back(trigger);
  EXPECT_EQ(diff(source, target, {.before_cutover = true}).size(), 1u);
}

}  // namespace
}  // namespace flyover::schema
