from django.urls import path

from .views import accounts, hooks

app_name = "accounts"
urlpatterns = [
    path("", accounts.users, name="list"),
    path("new/", accounts.new, name="new"),
    path("password/", accounts.own_password, name="own_password"),
    path("<uuid:user_id>/", accounts.user, name="user"),
    path("<uuid:user_id>/edit/", accounts.edit, name="edit"),
    path("<uuid:user_id>/password/", accounts.password, name="password"),
    path("<uuid:user_id>/deactivate/", accounts.deactivate, name="deactivate"),
    path("<uuid:user_id>/activate/", accounts.activate, name="activate"),
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
