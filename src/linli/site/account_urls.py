from django.urls import path

from .views import accounts, guarding, hooks, own

app_name = "accounts"
urlpatterns = [
    path("", accounts.users, name="list"),
    path("new/", accounts.new, name="new"),
    path("password/", accounts.own_password, name="own_password"),
    path("confirm/", own.confirm, name="confirm"),
    path("factors/", own.second_factors, name="factors"),
    path("factors/app/", own.add_app, name="add_app"),
    path("factors/passkey/", own.add_passkey, name="add_passkey"),
    path("factors/codes/", own.new_codes, name="new_codes"),
    path("factors/<int:factor_id>/remove/", own.remove_factor, name="remove_factor"),
    path("sessions/", own.my_sessions, name="sessions"),
    path("sessions/end/", own.end_sessions, name="end_own_sessions"),
    path("identities/", own.identities, name="identities"),
    path("identities/<slug:provider>/connect/", own.connect, name="connect"),
    path("identities/<slug:provider>/disconnect/", own.disconnect, name="disconnect"),
    path("proposals/<uuid:proposal_id>/confirm/", guarding.confirm_post, name="confirm_post"),
    path("proposals/<uuid:proposal_id>/decline/", guarding.decline_post, name="decline_post"),
    path("<uuid:user_id>/", accounts.user, name="user"),
    path("<uuid:user_id>/edit/", accounts.edit, name="edit"),
    path("<uuid:user_id>/password/", accounts.password, name="password"),
    path("<uuid:user_id>/deactivate/", accounts.deactivate, name="deactivate"),
    path("<uuid:user_id>/activate/", accounts.activate, name="activate"),
    path("<uuid:user_id>/sessions/", guarding.end_sessions, name="end_sessions"),
    path("<uuid:user_id>/factors/", guarding.reset_factors, name="reset_factors"),
    path("<uuid:user_id>/posts/", accounts.new_post, name="new_post"),
    path("posts/<uuid:post_id>/end/", accounts.end_post, name="end_post"),
    path("posts/<uuid:post_id>/key/", accounts.new_key, name="new_key"),
    path("posts/<uuid:post_id>/hook/", hooks.new_hook, name="new_hook"),
    path("hooks/<uuid:hook_id>/", hooks.hook, name="hook"),
    path("hooks/<uuid:hook_id>/secret/", hooks.rotate_hook, name="rotate_hook"),
    path("hooks/<uuid:hook_id>/remove/", hooks.remove_hook, name="remove_hook"),
    path("hooks/messages/<uuid:delivery_id>/again/", hooks.send_again, name="send_again"),
    path("keys/<uuid:key_id>/revoke/", accounts.revoke_key, name="revoke_key"),
]
