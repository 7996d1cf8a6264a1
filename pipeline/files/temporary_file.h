// Files that appear complete or not at all, also where several processes, machines or containers write them.
#pragma once

#include <string>
#include <string_view>

namespace nadir {

/// Makes an empty file beside `path` and returns its name, which nobody else uses: it holds host, process and a random
/// number, and must not have been there. Throws Error(Fault::io).
std::string make_temporary_file(const std::string& path);

/// Writes through a temporary file and to the disk, so that the file is either the old or the new one. Throws
/// Error(Fault::io).
void write_file_at_once(const std::string& path, std::string_view bytes);

}  // namespace nadir
