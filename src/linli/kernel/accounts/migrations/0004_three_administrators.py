import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.utils.timezone
import linli.kernel.accounts.models
import linli.lib.uuid7
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_keys_with_scopes'),
        ('units', '0001_initial'),
    ]

    operations = [
        BtreeGistExtension(),
        # Whoever administered users goes on doing so; the other two are appointed.
        migrations.RunSQL(
            "UPDATE accounts_post SET role = 'system' WHERE role = 'administrator'",
            "UPDATE accounts_post SET role = 'administrator' WHERE role = 'system'",
        ),
        # Sessions move to a table of ours: everybody signs in once more.
        migrations.RunSQL("DROP TABLE IF EXISTS django_session", migrations.RunSQL.noop),
        migrations.CreateModel(
            name='PastPassword',
            fields=[
                ('id', models.UUIDField(default=linli.lib.uuid7.uuid7, primary_key=True, serialize=False)),
                ('password', models.CharField(max_length=128)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('handle', models.UUIDField(db_index=True, default=linli.lib.uuid7.uuid7)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('network', models.CharField(blank=True, max_length=45)),
                ('device', models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='password_changed_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AlterField(
            model_name='post',
            name='role',
            field=models.CharField(choices=[('worker', 'Social worker'), ('station_head', 'Station head'), ('dispatcher', 'Dispatcher'), ('officer', 'Department officer'), ('grid_worker', 'Grid worker'), ('system', 'System administrator'), ('security', 'Security administrator'), ('audit', 'Audit administrator')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='post',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('role__in', ['system', 'security', 'audit'])), expressions=(('user', '='), ('role', '<>'), (linli.kernel.accounts.models.DaysHeld('valid_from', 'valid_to', django.contrib.postgres.fields.ranges.RangeBoundary(inclusive_upper=True)), '&&')), name='one_administrator_at_a_time'),
        ),
        migrations.AddField(
            model_name='pastpassword',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='past_passwords', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='session',
            name='user',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='pastpassword',
            index=models.Index(fields=['user', 'until'], name='past_password_user'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['user', 'seen_at'], name='session_user'),
        ),
    ]
