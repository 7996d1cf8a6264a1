// The first half of reading a config: from YAML text to nodes whose references are still names.
#pragma once

#include <map>

#include "pipeline/graph/config.h"

namespace nadir {

/// A value and where it stands.
template <class T>
struct Placed {
  T value;
  Place place;
  bool quoted = false;
};

struct NodeText {
  std::string id;
  Place place;
  std::optional<Placed<std::string>> stage;
  std::map<std::string, Placed<std::string>> inputs;  ///< by port name; "" for the short form `in: name`
  std::map<std::string, Placed<ParamValue>> params;
  std::optional<bool> materialize;
};

struct ConfigText {
  std::map<std::string, Placed<ParamValue>> run;
  std::vector<NodeText> nodes;
};

/// What node ids are made of, as a regular expression: they name files, also on disks that know one case only.
constexpr const char* kNodeIdPattern = "^[A-Za-z0-9_-]+$";

/// Complaints go to `problems`; what could be read is returned all the same.
ConfigText read_config_text(const std::string& text, std::vector<Diagnostic>& problems);
void apply_override(const std::string& override_text, ConfigText& config, std::vector<Diagnostic>& problems);

/// "; did you mean 'x'?" or nothing.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace nadir
