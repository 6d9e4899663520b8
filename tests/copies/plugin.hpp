// What a plugin with a copy of the library of its own does with what it is handed. Both sides see this; the bare host no more than the
// names.
#pragma once

namespace ipcarc::test {

/// The functions of a plugin, found by the name "ipcarc_test_plugin". Objects are passed by their addresses; strings end with NUL.
struct Plugin {
  void (*fill)(void* record,
               int times);  // puts so many texts, longer than any short form, into a Record
  bool (*holds)(const void* record, int times);
  void (*raise)(const char* registry);  // throws not_found
  const void* (*category)();
  void* (*open)(const char* registry);  // a Registry, to be closed
  void (*close)(void* registry);
  bool (*add)(const char* registry,
              int times);     // opens it, fills its object "record" under a guard of its own
  void (*let_go)(void* arc);  // of an IpcArc<Record>
  bool (*deadlock_is_told)(const char* registry);  // of the guard that the caller's thread has
  void* (*make)(
      const char*
          registry);  // a Record of a registry that only this copy has open; kept until unmake()
  void (*unmake)();
};

}  // namespace ipcarc::test
