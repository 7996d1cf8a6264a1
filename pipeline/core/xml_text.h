// Text in XML and HTML.
#pragma once

#include <string>

namespace nadir {

/// The text with its signs of markup and quotes as references, to stand between tags or in an attribute.
std::string xml_escaped(const std::string& text);

}  // namespace nadir
