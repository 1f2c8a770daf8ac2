#include "shop_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <stdexcept>

namespace shop {

namespace {

template <typename... Args>
void add(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

constexpr std::array kLatinWords = {"table",  "chair", "lampe",  "café",    "müsli",  "señor",
                                    "blå",    "wool",  "cotton", "oak",     "steel",  "über",
                                    "garçon", "small", "large",  "fjörður", "smooth", "O\\'Hara"};
constexpr std::array kWideWords = {"стол", "椅子", "lamp", "🙂",  "naïve", "ελιά", "Größe",
                                   "قهوة", "desk", "𝄞",    "tapis", "łóżko", "쌀",   "finish"};

constexpr std::array kProductStates = {"draft", "on sale", "sold out", "gone"};
constexpr std::array kLabels = {"", "new", "organic", "fragile,gift", "new,bulky", "gift"};
constexpr std::array kOrderStates = {"new", "paid", "sent", "returned"};
constexpr std::array kMethods = {"card", "transfer", "cash", "voucher"};
constexpr std::array kReasons = {"'delivery'", "'sale'", "'loss'", "NULL"};

template <typename Array>
auto pick(const Array& values, Random& random) {
  return values[random.below(values.size())];
}

std::string day(Random& random) {
  return fmt::format("20{:02}-{:02}-{:02}", random.between(12, 15), random.between(1, 12),
                     random.between(1, 28));
}

std::string clock_time(Random& random) {
  return fmt::format("{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60));
}

/// Mostly a value, sometimes NULL.
template <typename T>
std::string nullable(Random& random, const T& value) {
  return random.one_in(8) ? "NULL" : fmt::format("{}", value);
}

void countries(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "'{}{}','{}',0.{:03},0", static_cast<char>('A' + (n - 1) / 26),
      static_cast<char>('A' + (n - 1) % 26), wide_words(r, 2), r.below(300));
}

void categories(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "{},{},'{}','category-{}',0", n, n <= 10 ? "NULL" : std::to_string(1 + n % 10),
      latin_words(r, 2), n);
}

void products(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "{},{},'SKU-{:08}','{}',{}.{:02},{},{},'{}','{}','{} {}'", n, 1 + r.below(200), n,
      wide_words(r, 3), r.below(900) + 1, r.below(100), r.below(5000),
      nullable(r, static_cast<double>(r.below(1000000)) / 4096.0), pick(kProductStates, r),
      pick(kLabels, r), day(r), clock_time(r));
}

void product_texts(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "{},'{}','{}','{}'", (n + 1) / 2, n % 2 == 0 ? "de_DE" : "en_GB", wide_words(r, 4),
      wide_words(r, 20));
}

void customers(std::string& out, std::uint64_t n, Random& r, double) {
  std::string birthday = "'" + day(r) + "'";
  if (r.one_in(10)) birthday = "NULL";
  if (r.one_in(20)) birthday = "'0000-00-00'";
  if (r.one_in(20)) birthday = "'1980-00-00'";
  const std::string seen = r.one_in(5) ? "0000-00-00 00:00:00" : day(r) + " " + clock_time(r);
  add(out, "{},'customer{}@example.org','{}',{},{},{},{}.{:02},'{}','{} {}'", n, n,
      wide_words(r, 2), nullable(r, "'" + latin_words(r, 3) + "'"), birthday,
      r.between(-8000000, 8000000), r.between(-5000, 500000), r.below(100), seen, day(r),
      clock_time(r));
}

void addresses(std::string& out, std::uint64_t n, Random& r, double scale) {
  const std::uint64_t country = r.below(200);
  add(out, "{},{},'{}{}','{} {}','{}','{:05}'", n, 1 + r.below(rows_of("customers", scale)),
      static_cast<char>('A' + country / 26), static_cast<char>('A' + country % 26),
      wide_words(r, 2), r.below(200), latin_words(r, 1), r.below(100000));
}

void orders(std::string& out, std::uint64_t n, Random& r, double scale) {
  add(out, "{},{},'{}','{} {}.{:06}',{}.{:04},{}", n, 1 + r.below(rows_of("customers", scale)),
      pick(kOrderStates, r), day(r), clock_time(r), r.below(1000000), r.below(100000),
      r.below(10000), nullable(r, "'" + wide_words(r, 3) + "'"));
}

void order_items(std::string& out, std::uint64_t n, Random& r, double scale) {
  add(out, "{},{},{},{},{}.{:02}", 1 + (n - 1) / 3 % rows_of("orders", scale), 1 + (n - 1) % 3,
      1 + r.below(rows_of("products", scale)), r.between(1, 9), r.below(900), r.below(100));
}

void payments(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "{},{},'{:016x}{:016x}',{}.{:04},'{}','{} {}.{:03}'", n, n, r.next(), n, r.below(10000),
      r.below(10000), pick(kMethods, r), day(r), clock_time(r), r.below(1000));
}

void audit_log(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "{},'import',{},{},'{} {}.{:06}'", n, n, nullable(r, "'" + latin_words(r, 4) + "'"),
      day(r), clock_time(r), r.below(1000000));
}

void price_history(std::string& out, std::uint64_t n, Random& r, double scale) {
  add(out, "{},{},{}.{:02},{}.{:02},'{} {}'", n, 1 + r.below(rows_of("products", scale)),
      r.below(900), r.below(100), r.below(900), r.below(100), day(r), clock_time(r));
}

void stock_moves(std::string& out, std::uint64_t, Random& r, double) {
  // So few different values that many rows are equal.
  add(out, "{},{},{},'2015-0{}-01'", 1 + r.below(50), r.between(-3, 3), pick(kReasons, r),
      1 + r.below(3));
}

void web_sessions(std::string& out, std::uint64_t n, Random& r, double scale) {
  add(out, "0x{:016x}{:016x},{},0x{},{},'{} {}'", r.next(), n,
      nullable(r, 1 + r.below(rows_of("customers", scale))), to_hex(random_bytes(r, 24)),
      r.below(1000), day(r), clock_time(r));
}

void page_views(std::string& out, std::uint64_t n, Random& r, double scale) {
  add(out, "{},'{}',{},'{}',{}", n, r.one_in(50) ? "2016-02-29" : day(r),
      1 + r.below(rows_of("products", scale)), latin_words(r, 3),
      static_cast<double>(r.below(1u << 30)) / 3.0);
}

void readings(std::string& out, std::uint64_t n, Random& r, double) {
  const auto number = [&r](std::int64_t low, std::int64_t high) {
    const std::uint64_t kind = r.below(12);
    return std::to_string(kind == 0 ? low : kind == 1 ? high : r.between(low, high));
  };
  add(out, "{},{},{},{},{},{},{},{},{},{},", n, number(-128, 127), nullable(r, number(0, 255)),
      number(-32768, 32767), number(0, 65535), number(-8388608, 8388607), number(0, 16777215),
      number(-2147483648LL, 2147483647), number(0, 4294967295LL), number(0, 99999999));
  add(out, "{},{},{},", static_cast<std::int64_t>(r.next()), r.next(), r.below(2));
  add(out, "{}.{},{}{}.{:010},{}.{:030},{},", r.between(-99, 99), r.below(10),
      r.one_in(2) ? "-" : "", r.next(), r.below(10000000000ULL), r.between(-1000000, 1000000),
      r.next() >> 8, nullable(r, r.next()));
  const double real = static_cast<double>(static_cast<std::int64_t>(r.next()));
  add(out, "{:.9g},{}.{:03},{:.17g},{}.{:06},", real / 1e15, r.between(-99999, 99999),
      r.below(1000), real * std::pow(10.0, static_cast<double>(r.between(-280, 280))),
      r.between(-999999999, 999999999), r.below(1000000));
  add(out, "b'{}',{},{},", r.below(2), nullable(r, r.below(128)), nullable(r, r.next()));
  add(out, "{},'{}','{}{}','{}.{:06}',", r.one_in(9) ? 0 : r.between(1901, 2155), day(r),
      r.one_in(3) ? "-1" : "", clock_time(r), clock_time(r), r.below(1000000));
  add(out, "'{} {}','{} {}.{:03}',{},", day(r), clock_time(r), day(r), clock_time(r), r.below(1000),
      r.one_in(6) ? "'9999-12-31 23:59:59.999999'" : "'1000-01-01 00:00:00.000001'");
  add(out, "'{} {}',{},'{}'", day(r), clock_time(r),
      nullable(r, fmt::format("'{} {}.{:06}'", day(r), clock_time(r), r.below(1000000))),
      r.one_in(2) ? "0000-00-00" : "2014-00-00");
}

void documents(std::string& out, std::uint64_t n, Random& r, double) {
  // Most are small; a few reach exactly 1 MiB.
  const std::size_t size = n % 40 == 0 ? 1u << 20 : r.below(24576);
  std::string body;
  while (body.size() < size / 4) body += wide_words(r, 40);
  add(out, "{},'{}',{},0x00{},'{}',{},{},0x{}", n, latin_words(r, 2),
      n % 3 == 0 ? "NULL" : "0x" + to_hex(random_bytes(r, 40)),
      to_hex(random_bytes(r, n % 40 == 0 ? size - 1 : size)), body,
      nullable(r, "'" + latin_words(r, 20) + "'"),
      n % 5 == 0 ? "''" : "0x" + to_hex(random_bytes(r, 300)), to_hex(random_bytes(r, 20)));
}

void coupons(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "'Gutschein-{:06}',{},0,'{}'", n, r.below(100), day(r));
}

void bins(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "{},{},{},{}", static_cast<std::int64_t>(n / 50) - 20, n % 50,
      nullable(r, 1 + r.below(1000)), r.below(1000));
}

void translations(std::string& out, std::uint64_t n, Random& r, double) {
  add(out, "'{}','Message.{}','{}'", n % 2 == 0 ? "de_DE" : "fr_FR", (n + 1) / 2,
      latin_words(r, 6));
}

void shop_stats(std::string& out, std::uint64_t n, Random&, double) {
  if (n == 1) {
    out += "'event_ticks',0";
  } else {
    add(out, "'connection-{}',0", n - 2);
  }
}

void ledger_accounts(std::string& out, std::uint64_t n, Random&, double) {
  add(out, "{},0", n - 1);
}

}  // namespace

const std::vector<TableFiller>& table_fillers() {
  static const std::vector<TableFiller> fillers = {
      // The largest first, so that the connections finish together.
      {"order_items", "order_id,line_no,product_id,quantity,price", 450000, false, order_items},
      {"page_views", "id,viewed_on,product_id,agent,seconds", 200000, false, page_views},
      {"orders", "id,customer_id,status,placed_at,total,note", 200000, false, orders},
      {"payments", "id,order_id,reference,amount,method,paid_at", 200000, false, payments},
      {"addresses", "id,customer_id,country_code,street,city,zip", 120000, false, addresses},
      {"customers", "id,email,name,remark,birthday,points,balance,last_seen,created_at", 100000,
       false, customers},
      {"web_sessions", "id,customer_id,data,hits,expires", 100000, false, web_sessions},
      {"stock_moves", "product_id,delta,reason,moved_on", 20000, false, stock_moves},
      {"product_texts", "product_id,locale,title,body", 30000, false, product_texts},
      {"price_history", "id,product_id,old_price,new_price,changed_at", 30000, false,
       price_history},
      {"readings",
       "id,t,tu,s,su,m,mu,i,iu,iz,b,bu,yes,d1,d2,d3,d4,f,fp,d,dp,bit1,bit7,bit64,y,on_day,at_time,"
       "at_time6,dt,dt3,dt6,ts,ts6,zero_day",
       20000, false, readings},
      {"products", "id,category_id,sku,name,price,stock,weight,state,labels,updated_at", 20000,
       false, products},
      {"audit_log", "id,subject,subject_id,detail,noted_at", 15000, false, audit_log},
      {"coupons", "code,percent,used,valid_until", 5000, false, coupons},
      {"bins", "aisle,shelf,product_id,amount", 5000, false, bins},
      {"translations", "locale,message,text", 4000, false, translations},
      {"documents", "id,name,preview,content,body,summary,attachment,digest", 400, false,
       documents},
      {"countries", "code,name,tax_rate,visits", 200, true, countries},
      {"categories", "id,parent_id,name,slug,clicks", 200, true, categories},
      {"shop_stats", "name,value", kMaxConnections + 1, true, shop_stats},
      {"ledger_accounts", "connection,commits", kMaxConnections, true, ledger_accounts},
  };
  return fillers;
}

std::uint64_t rows_at(const TableFiller& filler, double scale) {
  if (filler.fixed) return filler.rows;
  // Each connection of the application needs some rows of its own.
  const auto rows = static_cast<std::uint64_t>(static_cast<double>(filler.rows) * scale);
  return std::max<std::uint64_t>(rows,
                                 4ULL * kMaxConnections < filler.rows ? 4 * kMaxConnections : 40);
}

std::uint64_t rows_of(const char* table, double scale) {
  for (const TableFiller& filler : table_fillers()) {
    if (std::string_view(filler.table) == table) return rows_at(filler, scale);
  }
  throw std::logic_error(std::string("no such table: ") + table);
}

std::string latin_words(Random& random, unsigned count) {
  std::string out;
  for (unsigned i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += pick(kLatinWords, random);
  }
  return out;
}

std::string wide_words(Random& random, unsigned count) {
  std::string out;
  for (unsigned i = 0; i < count; ++i) {
    if (i > 0) out += ' ';
    out += random.one_in(3) ? pick(kLatinWords, random) : pick(kWideWords, random);
  }
  return out;
}

std::string random_bytes(Random& random, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    std::uint64_t word = random.next();
    for (std::size_t j = i; j < std::min(i + 8, size); ++j, word >>= 8) {
      out[j] = static_cast<char>(word & 0xff);
    }
  }
  return out;
}

std::string to_hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    out += kDigits[(static_cast<unsigned char>(byte) >> 4) & 0xf];
    out += kDigits[static_cast<unsigned char>(byte) & 0xf];
  }
  return out;
}

}  // namespace shop
