"""What makes each alert's rule true: the trouble itself, in real processes and rows.

Only time is made by hand: what must be old is dated back in its row, and the database's clock is put forward. Each
such cause says so.
"""

from tests.platform.alerts.before_a_start import (
    a_due_row_can_not_be_settled,
    a_forgotten_transaction_holds_rows,
    a_refund_is_owed,
    fcm_is_away,
    nobody_decides_a_report,
    the_disk_is_not_waited_for,
    the_listener_starts,
    the_provider_is_away,
    the_totals_miss_money,
    webhooks_have_a_wrong_token,
)
from tests.platform.alerts.in_processes import (
    a_control_centre_dies_at_each_start,
    a_roll_out_stopped_half_way,
    an_api_can_not_reach_valkey,
    an_old_primary_takes_writes_too,
    most_mitras_fall_silent,
    postgresql_stops,
    the_databases_clock_is_ahead,
    the_listener_is_killed,
    the_way_of_notifications_is_closed,
    the_way_to_valkey_is_slow,
)
from tests.platform.alerts.telling import TOLD, Cause
from tests.platform.alerts.while_leading import (
    a_lock_lasts,
    a_stranger_listens_and_does_not_read,
    a_write_by_hand_breaks_an_invariant,
    another_amount_is_paid,
    deadlines_are_settled_late,
    publishes_are_lost,
    somebody_else_writes_to_valkey,
    somebody_writes_a_leaders_epoch,
    the_leader_stalls,
    the_listener_lacks_rights,
)

FIRST: tuple[tuple[Cause, ...], ...] = (
    (the_leader_stalls, the_listener_lacks_rights),
    (a_lock_lasts, the_listener_is_killed),
)
LASTING = (
    an_api_can_not_reach_valkey,
    an_old_primary_takes_writes_too,
    a_roll_out_stopped_half_way,
    a_control_centre_dies_at_each_start,
)
THEN: tuple[tuple[Cause, ...], ...] = (
    (
        the_totals_miss_money,
        a_refund_is_owed,
        nobody_decides_a_report,
        the_disk_is_not_waited_for,
        a_due_row_can_not_be_settled,
        fcm_is_away,
        the_provider_is_away,
        webhooks_have_a_wrong_token,
        a_forgotten_transaction_holds_rows,
        the_listener_starts,
    ),
    (
        deadlines_are_settled_late,
        a_write_by_hand_breaks_an_invariant,
        somebody_else_writes_to_valkey,
        somebody_writes_a_leaders_epoch,
        a_stranger_listens_and_does_not_read,
        publishes_are_lost,
        another_amount_is_paid,
    ),
    (most_mitras_fall_silent,),
    (the_way_to_valkey_is_slow, the_way_of_notifications_is_closed),
    (the_databases_clock_is_ahead,),
)
LAST = (postgresql_stops,)
CAUSED = frozenset(alert for alerts in TOLD.values() for alert in alerts)
