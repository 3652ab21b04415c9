"""Every route of the panel, and whom it lets in. Nothing is served that is not in this table."""

from admin_web import account, accounts, detections, doubts, images, inbox, live, people, sign_in
from admin_web.guard import Door, Who

DOORS = (
    Door("GET", "/sign-in", sign_in.show_sign_in, Who.ANYONE),
    Door("POST", "/sign-in", sign_in.sign_in, Who.ANYONE),
    Door("POST", "/sign-out", sign_in.sign_out, Who.ACCOUNTS),
    Door("GET", "/", inbox.show_inbox, Who.ACCOUNTS),
    Door("GET", "/inbox/catch-up", inbox.catch_up, Who.ACCOUNTS),
    Door("GET", "/inbox/changes", live.stream_changes, Who.ACCOUNTS),
    Door("GET", "/questions/{id}", inbox.show_question, Who.ACCOUNTS),
    Door("POST", "/questions/{id}/answer", inbox.answer_question, Who.DECIDERS),
    Door("GET", "/references/{id}", doubts.show_doubt, Who.ACCOUNTS),
    Door("POST", "/references/{id}/answer", doubts.answer_doubt, Who.DECIDERS),
    Door("GET", "/people", people.show_people, Who.ACCOUNTS),
    Door("GET", "/people/{id}", people.show_person, Who.ACCOUNTS),
    Door("GET", "/detections", detections.show_detections, Who.ACCOUNTS),
    Door("GET", "/detections/{id}", detections.show_detection, Who.ACCOUNTS),
    Door("POST", "/detections/{id}/retry", detections.retry_detection, Who.DECIDERS),
    Door("GET", "/images/{id}", images.show_image, Who.ACCOUNTS),
    Door("GET", "/account", account.show_account, Who.ACCOUNTS),
    Door("POST", "/account/join-link", account.make_join_link, Who.ACCOUNTS),
    Door("POST", "/account/password", account.change_password, Who.ACCOUNTS),
    Door("GET", "/accounts", accounts.show_accounts, Who.ADMINS),
    Door("POST", "/accounts/invite", accounts.invite_somebody, Who.ADMINS),
    Door("POST", "/accounts/{id}/link", accounts.make_link, Who.ADMINS),
    Door("POST", "/accounts/{id}/withdraw", accounts.withdraw_link, Who.ADMINS),
    Door("POST", "/accounts/{id}/close", accounts.close_account, Who.ADMINS),
)
