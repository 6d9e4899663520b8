// What the host and its libraries agree on beside the shared types: three functions, found by their names.
#pragma once

struct Statistics;

extern "C" {
/// Opens the registry of that name and gets what the plugin needs of it. Null, or why it cannot; the text is good until the next call.
using Start = const char*(const char* registry);
/// Counts the words of the configured greeting into `statistics`, which lies in the host's mapping of the segment.
using Count = void(Statistics& statistics);
/// Lets go of everything.
using Stop = void();
}
