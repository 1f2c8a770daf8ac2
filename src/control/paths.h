#pragma once
// Files of a migration's state folder that several modules name.

#include <filesystem>

#include "config/config.h"

namespace flyover::control {

inline std::filesystem::path control_socket(const config::Config& config) {
  return config.state_dir / "control.sock";
}
inline std::filesystem::path proxy_socket(const config::Config& config) {
  return config.state_dir / "proxy.sock";
}

}  // namespace flyover::control
