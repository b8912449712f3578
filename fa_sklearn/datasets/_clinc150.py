"""The CLINC150 utterances: intents, and the domains that they belong to."""

import json
import os
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from ._cache import Arrays, CachedDataset, RemoteFile
from ._texts import check_grouped_texts, fetch_grouped_texts, pack_texts

_DOMAINS = {
    "auto_and_commute": (
        "current_location directions distance gas gas_type jump_start last_maintenance mpg "
        "oil_change_how oil_change_when schedule_maintenance tire_change tire_pressure traffic "
        "uber"
    ).split(),
    "banking": (
        "account_blocked balance bill_balance bill_due freeze_account interest_rate "
        "min_payment order_checks pay_bill pin_change report_fraud routing spending_history "
        "transactions transfer"
    ).split(),
    "credit_cards": (
        "application_status apr card_declined credit_limit credit_limit_change credit_score "
        "damaged_card expiration_date improve_credit_score international_fees new_card "
        "redeem_rewards replacement_card_duration report_lost_card rewards_balance"
    ).split(),
    "home": (
        "calendar calendar_update next_song order order_status play_music reminder "
        "reminder_update shopping_list shopping_list_update smart_home todo_list "
        "todo_list_update update_playlist what_song"
    ).split(),
    "kitchen_and_dining": (
        "accept_reservations calories cancel_reservation confirm_reservation cook_time "
        "food_last how_busy ingredient_substitution ingredients_list meal_suggestion "
        "nutrition_info recipe restaurant_reservation restaurant_reviews restaurant_suggestion"
    ).split(),
    "meta": (
        "cancel change_accent change_ai_name change_language change_speed change_user_name "
        "change_volume maybe no repeat reset_settings sync_device user_name whisper_mode yes"
    ).split(),
    "small_talk": (
        "are_you_a_bot do_you_have_pets fun_fact goodbye greeting how_old_are_you "
        "meaning_of_life tell_joke thank_you what_are_your_hobbies what_can_i_ask_you "
        "what_is_your_name where_are_you_from who_do_you_work_for who_made_you"
    ).split(),
    "travel": (
        "book_flight book_hotel car_rental carry_on exchange_rate flight_status "
        "international_visa lost_luggage plug_type timezone translate travel_alert "
        "travel_notification travel_suggestion vaccines"
    ).split(),
    "utility": (
        "alarm calculator date definition find_phone flip_coin make_call "
        "measurement_conversion roll_dice share_location spelling text time timer weather"
    ).split(),
    "work": (
        "direct_deposit income insurance insurance_change meeting_schedule next_holiday payday "
        "pto_balance pto_request pto_request_status pto_used rollover_401k schedule_meeting "
        "taxes w2"
    ).split(),
}
_DOMAIN_OF = {intent: domain for domain, intents in _DOMAINS.items() for intent in intents}


def fetch_clinc150(
    *, data_home: str | os.PathLike[str] | None = None, download_if_missing: bool = True
) -> Bunch:
    """Load the CLINC150 utterances, downloaded if they are missing (classification).

    Each intent belongs to one of ten domains, which are the coarse label.

    ========================  =================
    Classes                   150, in 10 groups
    Training samples          15,000
    Validation samples        3,000
    Test samples              4,500
    ========================  =================

    A cache file that splits the utterances in another way is taken as it is.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder of the cache file ``clinc150.npz``, see :func:`get_data_home`.
    download_if_missing : bool, default=True
        If False, raise FileNotFoundError where the data is not on this machine.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        A dictionary whose keys are attributes too:

        X_train, X_test : ndarrays of shape (n,), dtype object
            The utterances, as str.
        y_train, y_test : ndarrays of shape (n,), dtype int64
            The intents, 0 to 149.
        coarse_train, coarse_test : ndarrays of shape (n,), dtype int64
            The domains, 0 to 9.
        X_val, y_val, coarse_val : ndarrays of shape (n,)
            The validation split; only there if the cache file has one.
        target_names, coarse_names : list of str
            The names of the intents and of the domains, in alphabetical order.
        DESCR : str
            What the data is, where it comes from and its licence.

    Raises
    ------
    OSError
        If the data is not there and cannot be downloaded; the message says what to put where.
    ValueError
        If the cache file is damaged.

    Examples
    --------
    >>> from fa_sklearn.datasets import fetch_clinc150
    >>> utterances = fetch_clinc150()  # doctest: +SKIP
    >>> utterances.target_names[:2], utterances.coarse_names[:2]  # doctest: +SKIP
    (['accept_reservations', 'account_blocked'], ['auto_and_commute', 'banking'])
    """
    return fetch_grouped_texts(DATASET, _DOMAIN_OF, data_home, download_if_missing)


def _convert(archive: Path) -> Arrays:
    arrays: Arrays = {}
    splits = json.loads(archive.read_text(encoding="utf-8"))
    for split in ("train", "val", "test"):
        texts, intents = zip(*splits[split], strict=True)
        arrays |= pack_texts([text.encode() for text in texts], split)
        arrays[f"y_{split}"] = np.array(intents)
    return arrays


def _check(arrays: Arrays, split: str) -> None:
    check_grouped_texts(arrays, split, _DOMAIN_OF)


DATASET = CachedDataset(
    filename="clinc150.npz",
    # Pinned to a commit; the digest is that commit's blob id.
    remote=RemoteFile(
        filename="data_full.json",
        url="https://github.com/clinc/oos-eval/raw/"
        "828f8093932c8fe6ca7936c3d2e52903b1c523de/data/data_full.json",
        algorithm="git-blob",
        digest="7a7b26c5f2dfbbf213f3e67d2dd0727e1af545aa",
    ),
    convert=_convert,
    check=_check,
    n_rows={"train": 15_000, "val": 3_000, "test": 4_500},
)
