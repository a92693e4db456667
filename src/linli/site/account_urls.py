from django.urls import path

from .views import accounts

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
    path("keys/<uuid:key_id>/revoke/", accounts.revoke_key, name="revoke_key"),
]
