#pragma once
// The application's endpoint: a MySQL server to the outside that leads to one of two servers and
// can move its sessions from one to the other.
//
// It is controlled over the unix socket <state_dir>/proxy.sock (net/json_socket.h):
//
//   {"op":"status"}         -> {"active","epoch","holding","instance","sessions","movable",
//        "in_transaction","running","pinned","draining","reasons":{why:count},"held","logging_in",
//        "on_source","on_target","queries_total","moved_total","closed_total","source_version",
//        "target_version","source_connections":[id],"target_connections":[id]} and "held_ms" while
//        holding. `instance` changes when the proxy was started again, which ends a hold.
//   {"op":"prepare","side":S}       -> {"ok":true,"prepared":n,"failed":n}
//        opens a standby connection for every session; {"op":"unprepare"} closes them.
//   {"op":"hold","epoch":E,"limit_ms":N,"max_hold_ms":M} -> {"ok":true,"epoch":E,"instance":I}
//        sessions outside a transaction wait from now on; E is the current epoch. After M ms the
//        proxy raises the epoch on disk and releases to the side named there.
//   {"op":"drained"}        -> {"drained":bool,"busy","in_transaction","running","draining",
//        "pinned","held","holding","limit_passed","epoch","instance"}
//        drained: nothing is busy (transaction, running command, something like a table lock that
//        the session itself will end) or pinned (a temporary table, a user lock, ...).
//   {"op":"close_unmovable"} -> {"ok":true,"closed":n}
//        closes what is pinned or draining outside a transaction and runs no command.
//   {"op":"release","side":S,"epoch":E} -> {"ok":true,"epoch":E,"moved_sessions","closed_sessions",
//        "pending_sessions","longest_hold_ms"}
//        S and E must be the route on disk. Counts since the hold began. Pending: sessions whose
//        command was still running after the release timeout; they move after its answer.
//
// S is "source" or "target". An error is {"error":{"code","side","action","message","hint"}} with
// codes proxy.stale_epoch, proxy.route_differs, proxy.bad_request, route.*.

#include <cstdint>
#include <memory>

#include "proxy/options.h"

namespace flyover::proxy {

/// run() has its own thread; port() and stop() may be called from any.
class Proxy {
 public:
  /// Listens on the address and on the control socket, and reads the route on disk.
  /// Throws "proxy.listen", "proxy.no_users", "socket.in_use", "socket.unusable",
  /// "route.unreadable", "proxy.bad_tls_ca".
  explicit Proxy(Options options);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// The port it listens on.
  std::uint16_t port() const;

  /// Serves until stop(), SIGINT or SIGTERM; then ends the sessions in order.
  void run();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flyover::proxy
