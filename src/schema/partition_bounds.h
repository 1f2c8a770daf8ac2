#pragma once
// A fault of new servers: they keep the bounds of partitions as text and read it in the character
// set of whichever session opens the table. A bound outside of ASCII, of a column that is not in
// UTF-8, is another value for a session with another character set (flyover's are binary): rows go
// into the wrong partition and are not found any more, and SHOW CREATE TABLE may fail.

#include "schema/model.h"

namespace flyover::schema {

/// Whether the table has such a bound. Pure.
bool has_bounds_of_the_session(const Table& table);

}  // namespace flyover::schema
