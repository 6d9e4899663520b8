// The topics' functions, each in the file of its name.
#pragma once

namespace ipcarc::bench {

class Bench;

void lookup(const Bench& bench);            // by name: held, first hold, pinned, miss
void create(const Bench& bench);            // create + destroy
void handles(const Bench& bench);           // copy + drop
void handles_threaded(const Bench& bench);  // the same in a process of several threads
void guards(const Bench& bench);            // acquire + release, read
void values(const Bench& bench);            // load, store, update
void heap(const Bench& bench);              // blocks of mixed sizes
void containers(const Bench& bench);        // strings and vectors in a shared object
void aggregates(const Bench& bench);        // a described aggregate with strings
void publish(const Bench& bench);           // frozen objects replaced, and a reader's switch
void encoding(const Bench& bench);          // one value in place and encoded
void waiting(const Bench& bench);           // wait_changed, there and back
void waking(const Bench& bench);            // the same one way, spinning and sleeping
void by_name(const Bench& bench);           // values by name, beside LMDB, Redis, memcached
void caches(const Bench& bench);            // a Zipf trace, beside Redis, memcached, an LRU
void scaling(const Bench& bench);           // by one, two, eight processes
void attach(const Bench& bench);            // by size and by objects
void reaping(const Bench& bench);           // of a dead process, and readers meanwhile
void memory(const Bench& bench);            // bytes for each object
void pages(const Bench& bench);             // page faults, huge pages

}  // namespace ipcarc::bench
