// The same problems for samplers in other programs: JSON lines, one answer for each request.
//
//   {"list":true}    -> {"problems":[{"name":..., "family":..., "fingerprint":..., "space":[...]}]}
//   {"history":{"dimensions":5,"count":100}}  -> {"space":[...],"points":[[...]],"values":[...]}
//   {"begin":{"problem":"branin_2","seed":1,"pending":8,"trials":200}}  -> {"ask":0}
//   {"params":{"x0":1.5,"x1":2}}          the proposal for the trial that was asked for
//   {"point":[0.25,0.5]}                  the same in unit coordinates, categories by their share
//   {"stop":true}                         nothing more to propose
//        -> {"tell":[[0,3.25]],"ask":8}   trials that have ended, their values, whom to ask next
//        -> {"tell":[...],"regrets":[...]}  over: one for each of kCheckpoints
//
// A request that cannot be answered gets {"error":"..."} and changes nothing.
#pragma once

#include <istream>
#include <ostream>
#include <vector>

#include "tests/bench/samplers/problem.h"

namespace sweepjob::bench {

// Until the end of the input.
void serve(const std::vector<Problem>& problems, std::istream& requests, std::ostream& answers);

}  // namespace sweepjob::bench
