#pragma once
// Native functions that the target no longer has, called by stored programs. Creating a program
// does not find them: a server looks up what a body calls when it runs.

#include <map>
#include <set>
#include <string>

#include "db/connection.h"
#include "schema/model.h"

namespace flyover::assess {

class LostFunctions {
 public:
  /// Both must outlive it.
  LostFunctions(db::Connection& source, db::Connection& target)
      : source_(source), target_(target) {}

  /// The functions that `program` calls, `source` has and `target` has not, upper-case.
  std::set<std::string> called_by(const schema::Program& program);

 private:
  bool is_gone(const std::string& name);

  db::Connection& source_;
  db::Connection& target_;
  std::map<std::string, bool> known_;
};

}  // namespace flyover::assess
