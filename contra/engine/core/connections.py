"""What stands where in the records of TCP connections.

One connection a flow, in the order of their starts. Places in the flow are offsets of bytes, 0 for the first one; on
the wire they are `initial sequence number + 1 + offset`, modulo 2**32. The end of the flow (FIN) takes a number too.
"""

from __future__ import annotations

# The transport: what is the same for all connections. Times are picoseconds, sizes bytes
(
    X_CONTROL,  # RENO, CUBIC, DCTCP
    X_SEGMENT,  # payload of a full segment
    X_INITIAL,  # window
    X_GROWTH,  # that an acknowledgement brings in slow start, at most
    X_LIMITED,  # 1 for limited transmit
    X_VALIDATE,  # 1: a window that was not filled does not grow
    X_FIFO,  # 1: segments wait in the queue of the host's link, in the order in which the windows let them out
    X_SEND_BUFFER,
    X_RECEIVE_WINDOW,
    X_SCALE,  # shift of the advertised window
    X_MIN_RTO,
    X_INITIAL_RTO,
    X_MAX_RTO,
    X_RETRIES,  # time-outs without progress after which a connection gives up
    X_ACK_SEGMENTS,
    X_ACK_DELAY,
) = range(16)
TRANSPORT = 16

RENO, CUBIC, DCTCP = range(3)

# Connections. What is needed at the same time stands in the same cache line of eight words
(
    # the sender, at each acknowledgement
    C_STATE,
    C_UNACKED,  # first byte that is not acknowledged
    C_NEXT,  # first byte that is not sent; goes back at a time-out
    C_HIGHEST,  # first byte that was never sent
    C_WINDOW,  # congestion window
    C_PEER,  # window that the receiver advertised
    C_SIZE,
    C_LISTED,  # 1 while in the list of its link
    #
    C_THRESHOLD,  # of slow start
    C_DUPLICATES,  # acknowledgements
    C_RECOVER,  # RFC 6582: what was sent when recovery began, NONE before
    C_RECOVERING,  # 0, 1 until the first partial acknowledgement, then 2
    C_CREDIT,  # towards the growth of the window in congestion avoidance
    C_RESEND,  # 1: the first unacknowledged segment is to be sent again
    C_TIMED,  # segment whose acknowledgement is timed, NONE
    C_TIMED_AT,
    #
    C_RETRY_AT,  # when the retransmission timer expires, NONE
    C_RETRY_EVENT,  # time of the pending event, NONE
    C_RTO,
    C_SMOOTHED,  # round trip, RFC 6298's SRTT; 0 before the first one
    C_VARIATION,  # RTTVAR
    C_EXPIRED,  # time-outs since the last progress
    C_LINK,  # of the host
    C_READY_NEXT,  # in the list of the link
    #
    C_SENT,  # data segments
    C_RETRANSMITTED,
    C_TIMEOUTS,
    C_RECOVERIES,
    C_START,
    C_FINISH,  # NONE
    C_SOURCE,  # host node
    C_TARGET,
    # CUBIC (RFC 9438)
    C_PEAK,  # W_max, bytes
    C_EPOCH,  # when congestion avoidance began, NONE
    C_CROSSING,  # K, in CLOCK_HZ
    C_FRIENDLY,  # W_est, bytes << FRACTION
    C_PRIOR,  # cwnd_prior, bytes
    # DCTCP (RFC 8257)
    C_ALPHA,  # of ONE
    C_OBSERVED,  # end of the observation window
    C_ACKED,  # bytes acknowledged in it
    #
    C_MARKED,  # of these, with ECE
    C_REDUCED,  # what was sent when the window was reduced: not again before that is acknowledged
    C_TELL,  # 1: the next new segment carries CWR
    C_ISN,
    R_ISN,
    C_IP_SUM,  # of what never changes in the IPv4 headers of the connection, both ways
    C_TCP_SUM,  # likewise, pseudo header included
    C_LOST,  # packets that were dropped, both ways
    # the receiver
    R_OPEN,  # 1 since the SYN came
    R_NEXT,  # first byte that is missing
    R_HELD,  # segments that came out of order
    R_PENDING,  # segments that are not acknowledged
    R_ACK_AT,  # when they will be, NONE
    R_ACK_EVENT,  # time of the pending event, NONE
    R_CONGESTED,  # DCTCP.CE
    R_LATEST,  # number of the latest segment that came
    #
    R_LINK,
    R_BOARD,  # where in `board`: a byte for each segment of the window, round and round; 1 for held
    R_RING,  # bytes of it
    R_LATE,
    R_HOPS,
    R_LOOPED,
    R_FINISH,  # when the last byte had come, NONE
    R_RECEIVED,  # data segments
    R_ASTRAY,  # packets that came to another host, or damaged
) = range(65)
CONNECTION = 72

WAITING, OPENING, OPEN, OVER = range(4)  # C_STATE

TEMPLATE = 128  # bytes a connection: headers of its segments, from 0 there, from 64 back

# Fixed point
CLOCK_SHIFT = 20  # CUBIC's time is in 2**-20 s
FRACTION = 10
ONE = 1 << 20
DCTCP_SHIFT = 4  # g = 1/16

UNLIMITED = 1 << 40  # slow start's threshold at the beginning
