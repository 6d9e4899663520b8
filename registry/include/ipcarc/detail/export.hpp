// IPCARC_EXPORT: what a shared ipcarc offers, since all else is compiled with hidden visibility.
//
// The attribute is there in the static library too: data that must be one per process (the table of
// mapped segments) and exception types then stay one, although several statically linked plugins
// bring a copy each.
#pragma once

#define IPCARC_EXPORT __attribute__((visibility("default")))
