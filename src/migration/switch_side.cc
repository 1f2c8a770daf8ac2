#include "migration/switch_side.h"

#include <utility>

#include "schema/introspect.h"

namespace flyover::migration {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{10};

}  // namespace

SwitchSide::SwitchSide(db::Endpoint endpoint, std::string migration,
                       const schema::Selection& selection)
    : endpoint_(std::move(endpoint)), migration_(std::move(migration)), selection_(selection) {}

db::Connection& SwitchSide::session() {
  if (!session_) {
    db::Endpoint endpoint = endpoint_;
    endpoint.connect_timeout = std::chrono::seconds(3);
    endpoint.read_timeout = kAnswerTimeout;
    session_.emplace(db::Connection::open(endpoint));
    session_->execute("SET SESSION lock_wait_timeout = 2, innodb_lock_wait_timeout = 2");
  }
  return *session_;
}

ObjectSide SwitchSide::objects() {
  if (!dialect_) dialect_ = schema::read_dialect(session());
  return {session(), *dialect_, migration_};
}

const std::vector<schema::Program>& SwitchSide::programs() {
  if (!programs_) {
    db::Connection connection = patient_session();
    programs_ = schema::read_programs(connection, selection_);
  }
  return *programs_;
}

bool SwitchSide::read_only() {
  return session().query_value("SELECT @@global.read_only") == "1";
}

void SwitchSide::set_read_only(bool on) {
  if (read_only() == on) return;
  session().execute(on ? "SET GLOBAL read_only = ON" : "SET GLOBAL read_only = OFF");
}

}  // namespace flyover::migration
