// A configuration file.

#include "config/config.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "fuzz_target.h"

using namespace flyover;

FLYOVER_FUZZ_TARGET(config) {
  // The file lives in memory. Passwords from other files are not read: some never end.
  if (input.find("file") != std::string_view::npos) return;
  static const int descriptor = memfd_create("config.toml", 0);
  FLYOVER_EXPECT(ftruncate(descriptor, 0) == 0);
  FLYOVER_EXPECT(pwrite(descriptor, input.data(), input.size(), 0) ==
                 static_cast<ssize_t>(input.size()));
  try {
    const config::Config read = config::load("/proc/self/fd/" + std::to_string(descriptor));
    FLYOVER_EXPECT(!read.name.empty() && !read.source.host.empty());
  } catch (const base::ErrorException& e) {
    FLYOVER_EXPECT(e.error().code == "config.invalid");
    FLYOVER_EXPECT(!e.error().message.empty());
  }
}
