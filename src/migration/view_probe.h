#pragma once
// Views that two servers print in different words.

#include "db/connection.h"
#include "schema/model.h"

namespace flyover::migration {

/// Gives the source's views the SELECT that the target prints for it, where the target's view of
/// the same name has another one: servers store what they understood (`isnull(a)` here is
/// `a is null` there), so the target is asked, by a view in the control schema that is gone
/// afterwards. What the target does not take, or takes for another SELECT, stays as it is: then the
/// views differ. A view that is broken on both servers, because what it names is gone, does not.
void print_as_target(schema::Catalog& source, db::Connection& target,
                     const schema::Catalog& targets);

}  // namespace flyover::migration
