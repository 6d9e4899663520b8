// IPCARC_EXPORT: what a shared ipcarc offers, since all else is compiled with hidden visibility.
//
// The attribute is there in the static library too: exception types then stay one, although several
// statically linked plugins bring a copy each.
#pragma once

#define IPCARC_EXPORT __attribute__((visibility("default")))
