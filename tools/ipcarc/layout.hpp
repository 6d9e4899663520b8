// A type's stored layout as a table: a line a member, with those of members' members.
#pragma once

#include <string>
#include <string_view>

namespace ipcarc::tool {

/// The table for a layout as the segment keeps it (detail/layout_text.hpp describes the form). Says so if the text is none.
std::string layout_table(bool colour, std::string_view layout);

}  // namespace ipcarc::tool
