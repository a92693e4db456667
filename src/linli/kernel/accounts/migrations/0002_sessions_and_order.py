import linli.lib.uuid7
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='session_mark',
            field=models.UUIDField(default=linli.lib.uuid7.uuid7, editable=False),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(fields=['joined_at', 'id'], name='user_joined'),
        ),
    ]
