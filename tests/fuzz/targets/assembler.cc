// A sequence of events as a stream hands it on, with lost connections in between.
// Input: options, after how many events the connection is lost, then the events.

#include "base/byte_reader.h"
#include "fuzz_target.h"
#include "stream/transaction_assembler.h"

using namespace flyover;

namespace {

// Parts come in order: a first one, others, and a last one.
class Sink {
 public:
  void take(const binlog::Transaction& transaction) {
    FLYOVER_EXPECT(transaction.first == !inside_);
    FLYOVER_EXPECT(transaction.last || !transaction.changes.empty());
    inside_ = !transaction.last;
    for (const binlog::Change& change : transaction.changes) {
      if (const auto* rows = std::get_if<binlog::RowsChange>(&change)) fuzz::touch(*rows);
    }
  }

 private:
  bool inside_ = false;
};

schema::Table make_table(std::uint8_t options) {
  schema::Table table;
  table.name = {"s", "t"};
  table.engine = (options & 2) != 0 ? "MyISAM" : "InnoDB";
  table.columns = {{.name = "id", .data_type = "int", .column_type = "int(11)"},
                   {.name = "v", .data_type = "varchar", .column_type = "varchar(200)"}};
  return table;
}

}  // namespace

FLYOVER_FUZZ_TARGET(assembler) {
  static constexpr std::size_t kSizeAt = 9;
  const std::uint8_t options = fuzz::take_byte(input);
  std::size_t until_lost = fuzz::take_byte(input);
  const schema::Table table = make_table(options);
  const std::string file = "binlog.000001";
  Sink sink;
  stream::TransactionAssembler assembler(
      {.filter = [&](const mysql::TableName& name) -> const schema::Table* {
         return name.table.size() % 4 != 3 ? &table : nullptr;
       },
       .part_bytes = (options & 4) != 0 ? 64U : 1U << 20,
       .match_schema = (options & 1) != 0},
      {file, 4}, [&](const binlog::Transaction& transaction) { sink.take(transaction); });
  std::uint64_t at = 4;
  std::string_view left = input;
  // Where to go on when the connection is lost: the input behind the resumable position.
  while (!left.empty()) {
    base::ByteReader header(left);
    header.skip(kSizeAt);
    const std::size_t size = header.u32();
    const std::string_view bytes = fuzz::take(left, std::max<std::size_t>(size, 1));
    const auto event = binlog::parse_event(bytes, binlog::ChecksumAlgorithm::off, false);
    if (!event) return;
    const std::uint64_t start = at;
    if (!event->header.artificial()) at += bytes.size();
    if (assembler.take(*event, {file, start, at})) return;
    const std::uint64_t resumable = assembler.resumable_position().offset;
    FLYOVER_EXPECT(resumable <= at);
    if (until_lost > 0 && --until_lost == 0 && (options & 8) == 0) {
      assembler.restart();
      left = input.substr(std::min<std::size_t>(resumable - 4, input.size()));
      at = resumable;
    }
  }
}
