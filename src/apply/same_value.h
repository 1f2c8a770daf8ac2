#pragma once

#include "binlog/transaction.h"

namespace flyover::apply {

/// Whether a server that holds one value holds the other: numbers are compared as the bits they
/// are. What a NULL has beside its type means nothing.
inline bool same_value(const binlog::Value& a, const binlog::Value& b) {
  if (a.type != b.type) return false;
  return a.type == binlog::ValueType::null ||
         (a.unsigned_int == b.unsigned_int && a.bytes == b.bytes);
}

}  // namespace flyover::apply
