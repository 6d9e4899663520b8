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
void waiting(const Bench& bench);           // wait_changed

}  // namespace ipcarc::bench
