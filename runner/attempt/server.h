// `sweepjob-attempt --serve`: starts attempts for one controller, by fork() of itself.
//
// Why: starting a program costs more than all the rest of a short attempt (0.4 ms on a virtual
// machine, where each cpuid of libc's start leaves the guest), forking this small static one a
// tenth of it. An attempt is as independent as if it had been started alone: own session, nothing
// held open, no controller needed; only its parent, which reaps it, is this server.
//
// The protocol is on descriptor 0, a SOCK_SEQPACKET socket (AttemptServerRequest and
// AttemptServerReply, model/attempt_server_protocol.h). When the other end closes, the server ends
// and the attempts run on.
#pragma once

namespace sweepjob {

[[nodiscard]] int serve_attempts();

}  // namespace sweepjob
