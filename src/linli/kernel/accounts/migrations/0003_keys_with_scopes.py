from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models

# What a key could be used for before there were scopes: it goes on, and gains nothing.
BEFORE = ["orders:read", "orders:write", "requests:read", "requests:write"]


def keep(apps: Any, schema_editor: Any) -> None:
    apps.get_model("accounts", "ApiToken").objects.using(schema_editor.connection.alias).update(
        scopes=BEFORE
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_sessions_and_order'),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('areas:read', 'Read areas and code lists'), ('directory:read', 'Read sites and agencies'), ('directory:write', 'Change sites and agencies'), ('people:read', 'Read files of people, numbers masked'), ('people:write', 'Register people and change their files'), ('people:reveal', 'Read numbers and addresses in full'), ('services:read', 'Read services'), ('services:write', 'Record and correct services'), ('orders:read', 'Read orders'), ('orders:write', 'Move orders'), ('requests:read', 'Read requests'), ('requests:write', 'Register and screen requests'), ('statistics:read', 'Read statistics')], max_length=40), default=list, size=None),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='used_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('holder', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('free_at', models.DateTimeField(db_index=True)),
            ],
        ),
        # Every call writes here and nothing of it need survive: no log is written for it, and no
        # disk is waited for.
        migrations.RunSQL(
            'ALTER TABLE accounts_allowance SET UNLOGGED',
            'ALTER TABLE accounts_allowance SET LOGGED',
        ),
    ]
