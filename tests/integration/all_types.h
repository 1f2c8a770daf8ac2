#pragma once
// A table with a column of every type of 5.6, and rows with the extremes of each.

#include <fmt/format.h>

#include <string>
#include <vector>

namespace flyover::test {

inline constexpr const char* kAllTypes =
    "CREATE TABLE t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, ti TINYINT, "
    "iz INT(7) UNSIGNED ZEROFILL, bu BIGINT UNSIGNED, bi BIGINT, dec1 DECIMAL(65,30), "
    "decz DECIMAL(10,3) ZEROFILL, f FLOAT, f2 FLOAT(12,3), d DOUBLE, d2 DOUBLE(20,5), b1 BIT(1), "
    "b64 BIT(64), da DATE, dt DATETIME(6), dt0 DATETIME, ts TIMESTAMP(6) NULL DEFAULT NULL, "
    "ts0 TIMESTAMP NULL DEFAULT NULL, tm TIME(6), y YEAR, c CHAR(10) CHARACTER SET latin1, "
    "v VARCHAR(50) CHARACTER SET utf8mb4, v16 VARCHAR(20) CHARACTER SET utf16, "
    "vs VARCHAR(20) CHARACTER SET sjis, x TEXT CHARACTER SET utf8, bn BINARY(5), vb "
    "VARBINARY(300), "
    "lb LONGBLOB, e ENUM('a','','x5'), en ENUM('5','0','1') CHARACTER SET utf8mb4, "
    "eu ENUM('q','r') CHARACTER SET ucs2, s SET('p','q'), s64 SET({}), g GEOMETRY)";

inline std::string all_types() {
  std::string members;
  for (int i = 0; i < 64; ++i) members += fmt::format("{}'m{}'", i == 0 ? "" : ",", i);
  return fmt::format(fmt::runtime(kAllTypes), members);
}

// One string per row; columns that are not named are NULL.
inline const std::vector<std::string>& extreme_rows() {
  static const std::vector<std::string> kRows = {
      "id=NULL",
      "id=0, ti=0, iz=0, bu=0, bi=0, dec1=0, decz=0, f=0, f2=0, d=0, d2=0, b1=0, b64=0",
      "ti=-128, iz=4294967295, bu=18446744073709551615, bi=-9223372036854775808, "
      "dec1='-99999999999999999999999999999999999.999999999999999999999999999999', "
      "decz='9999999.999', f='-3.4028234663852886e38', f2='123456.789', "
      "d='1.7976931348623157e308', d2='-123456789012.34567', b1=1, b64=18446744073709551615",
      "ti=127, iz=42, bu=9223372036854775808, bi=9223372036854775807, f='1.17549435e-38', "
      "d='2.2250738585072014e-308', d2='0.00001', b64=9223372036854775808",
      "f='1.4e-45', d='5e-324', f2='0.1', dec1='0.000000000000000000000000000001'",
      "f='-0', d='-0', f2='-0', d2='-0'",
      "f='0.1', d='0.1'",
      "f='16777217', d='9007199254740993'",
      "f='3.14159274', d='3.141592653589793', d2='3.14159'",
      "da='0000-00-00', dt='0000-00-00 00:00:00', dt0='0000-00-00', ts='0000-00-00 00:00:00', "
      "ts0='0000-00-00 00:00:00', tm='00:00:00', y='0000'",
      "da='2020-00-15', dt='2020-01-00 10:11:12.5', dt0='0000-05-00 00:00:01', y=1901",
      "da='2021-02-31', dt='2021-02-30 23:59:59.999999', dt0='2021-04-31 00:00:00', y=2155",
      "da='9999-12-31', dt='9999-12-31 23:59:59.999999', ts='2038-01-19 03:14:07.999999', "
      "tm='838:59:59', y=2000",
      "da='1000-01-01', ts='1970-01-01 00:00:01.000001', ts0='2020-10-25 01:30:00', "
      "tm='-838:59:59', y=1970",
      "tm='-00:00:00.000001', ts='2020-03-29 02:30:00.123456'",
      "c='', v='', v16='', vs='', x='', bn='', vb='', lb='', e='', s='', s64=''",
      "c=' a ', v=' b  ', vb='c ', x='d ', bn='e '",
      "c=UNHEX('E9FC80'), v=UNHEX('F09F9880C3A9E38182'), v16=UNHEX('D83DDE0000E9'), "
      "vs=UNHEX('955C835C'), x=UNHEX('C3A9E282AC')",
      "v='\\\\N', x='NULL', vb='\\\\', lb='\\\\\\\\N', c='\\t', v16=NULL",
      "v='a\\tb\\nc\\\\d\\re\\0f\\'g\"h\\Z', x='\\n', vb='\\0', lb='\\t\\n\\0\\\\', "
      "bn='\\0\\0a\\0\\0'",
      "bn=UNHEX('FF00FF0000'), vb=UNHEX('00FF27225C0A0D1A09'), lb=UNHEX(REPEAT('00FF',1000))",
      "e=1, en=1, eu=1, s=1, s64=1",
      "e=2, en=2, eu=2, s=2, s64=9223372036854775808",
      "e=3, en=3, s=3, s64=18446744073709551615",
      "e='no such', en='no such', eu='no such', s='p,no such'",
      "lb=REPEAT(UNHEX('000102030405060708090A0B0C0D0E0F105C27'),55189)",
      "g=GeomFromText('POINT(1.5 -2.25)')",
      "g=GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))')",
      "g=GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,5 5,10 -3))')",
  };
  return kRows;
}

}  // namespace flyover::test
